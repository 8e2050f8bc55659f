package org.llmsurgeon.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the search of the site knows: the parts of all pages by their headings. */
final class SearchIndex {
  /** The beginning of a row about an option: its place, if it has one, and its names. */
  private static final Pattern OPTION =
      Pattern.compile("^\\| (?:<a id=\"([^\"]+)\"></a>)?(`--?(?:\\\\\\||[^|])*`) \\|");

  private final List<Map<String, String>> parts = new ArrayList<>();

  /**
   * Adds a page.
   *
   * @param name of its file, without its end
   * @param markdown its text
   */
  void add(String name, String markdown) {
    String page = null;
    String title = null;
    StringBuilder text = new StringBuilder();
    boolean code = false;
    for (String line : markdown.lines().toList()) {
      code ^= line.strip().startsWith("```");
      if (!code && line.matches("#{1,3} .*")) {
        put(name, page, title, text);
        title = line.replaceFirst("#+ ", "").replace("`", "").strip();
        page = page == null ? title : page;
        text.setLength(0);
      } else {
        text.append(line).append(' ');
        Matcher row = OPTION.matcher(line);
        if (!code && row.find()) {
          String option = row.group(2).replace("`", "").replace("\\|", "|");
          String place = row.group(1) == null ? anchor(title, page) : "#" + row.group(1);
          parts.add(part(name + ".html" + place, page, title, option, plain(line)));
        }
      }
    }
    put(name, page, title, text);
  }

  private void put(String name, String page, String title, StringBuilder text) {
    if (title != null) {
      String address = name + ".html" + anchor(title, page);
      parts.add(part(address, page, title, title, plain(text.toString())));
    }
  }

  private static String plain(String text) {
    return text.replaceAll("<a id=[^>]*></a>", "").replaceAll("\\\\?[|`*]", " ");
  }

  private static Map<String, String> part(
      String address, String page, String heading, String title, String text) {
    return Map.of(
        "title",
        title,
        "page",
        heading.equals(title) || heading.equals(page) ? page : page + ", " + heading,
        "address",
        address,
        "text",
        text.replaceAll("\\s+", " ").strip());
  }

  /**
   * What a row of a table of options begins with, so that an address can lead to it.
   *
   * @param command whose options they are
   * @param option its name, with dashes
   */
  static String place(String command, String option) {
    return "<a id=\"%s-%s\"></a>".formatted(command, option.replaceFirst("^-+", ""));
  }

  /**
   * What Maven's site plugin calls a heading: letters and digits stay, others by their number. The
   * first heading is the page itself.
   */
  private static String anchor(String heading, String page) {
    if (heading.equals(page)) {
      return "";
    }
    StringBuilder id = new StringBuilder(heading.matches("[A-Za-z].*") ? "#" : "#a");
    for (byte each : heading.getBytes(StandardCharsets.UTF_8)) {
      char letter = (char) each;
      boolean stays =
          letter < 128 && (Character.isLetterOrDigit(letter) || "-_:.".indexOf(letter) >= 0);
      id.append(stays ? letter : letter == ' ' ? "_" : ".%02X".formatted(each));
    }
    return id.toString();
  }

  /** The index as a script that a page without a server can load. */
  String script() throws IOException {
    return "const SEARCH_INDEX = " + new ObjectMapper().writeValueAsString(parts) + ";\n";
  }
}
