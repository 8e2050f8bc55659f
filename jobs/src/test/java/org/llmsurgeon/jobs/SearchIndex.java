package org.llmsurgeon.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the search of the site knows: the parts of all pages by their headings. */
final class SearchIndex {
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
        if (!code && line.startsWith("| `--")) {
          String option = line.substring(3, line.indexOf('`', 3));
          parts.add(part(name, page, title, option, line.replaceAll("[|`]", " ")));
        }
      }
    }
    put(name, page, title, text);
  }

  private void put(String name, String page, String title, StringBuilder text) {
    if (title != null) {
      parts.add(part(name, page, title, title, text.toString().replaceAll("[|`*]", " ")));
    }
  }

  private static Map<String, String> part(
      String name, String page, String heading, String title, String text) {
    String anchor = heading.equals(page) ? "" : "#" + anchor(heading);
    return Map.of(
        "title",
        title,
        "page",
        heading.equals(title) || heading.equals(page) ? page : page + ", " + heading,
        "address",
        name + ".html" + anchor,
        "text",
        text.replaceAll("\\s+", " ").strip());
  }

  /** What Maven's site plugin calls a heading: letters and digits stay, others by their number. */
  private static String anchor(String heading) {
    StringBuilder id = new StringBuilder(heading.matches("[A-Za-z].*") ? "" : "a");
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
