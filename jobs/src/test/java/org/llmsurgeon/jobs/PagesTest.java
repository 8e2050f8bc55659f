package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.jobs.option.RunSettings;
import org.llmsurgeon.surgery.setting.Setting;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The README and the pages: their commands are understood, and no option is missing. */
class PagesTest {
  private static final Pattern COMMAND = Pattern.compile("jobs/surgeon ((?:\\\\\\n|[^`\\n])*)");

  static Stream<Path> pages() throws IOException {
    try (Stream<Path> files = Files.list(Checkout.file("src/site/markdown"))) {
      return Stream.concat(Stream.of(Checkout.file("README.md")), files.sorted()).toList().stream();
    }
  }

  /** Words of a command without what the launcher takes and what stands for something. */
  private static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    String plain = line.replace("\\\n", " ").replaceFirst(" -- .*| #.*| > .*|\\).*", "");
    for (String word : plain.replaceFirst("^--master \\S+ ", "").replace("'", "").split("\\s+")) {
      if (!word.isEmpty() && !word.equals("...")) {
        words.add(word);
      }
    }
    return words;
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyCommandOnAPageIsUnderstood(Path page) throws IOException {
    CommandLine surgeon = Surgeon.commandLine();
    COMMAND
        .matcher(Files.readString(page))
        .results()
        .map(found -> words(found.group(1)))
        .filter(words -> !words.isEmpty() && surgeon.getSubcommands().containsKey(words.get(0)))
        .forEach(
            words -> {
              CommandLine command = surgeon.getSubcommands().get(words.get(0));
              for (String word : words.subList(1, words.size())) {
                if (word.startsWith("--") && !word.equals("--dry-run")) {
                  assertThat(command.getCommandSpec().findOption(word.split("=")[0]))
                      .as(page.getFileName() + ": " + String.join(" ", words) + ": " + word)
                      .isNotNull();
                }
              }
            });
  }

  /** Writes the page of options and the index of the search, which the site is made with. */
  @Test
  void theReferenceHasEveryOptionOfEveryCommand() throws IOException {
    StringBuilder page = new StringBuilder("# Options\n\nMade from the program itself.\n");
    for (Map.Entry<String, CommandLine> each : Surgeon.commandLine().getSubcommands().entrySet()) {
      List<OptionSpec> options =
          each.getValue().getCommandSpec().options().stream().filter(o -> !o.hidden()).toList();
      page.append("\n## ").append(each.getKey()).append("\n\n");
      page.append(
          plain(String.join(" ", each.getValue().getCommandSpec().usageMessage().description())));
      page.append("\n\n| option | what it decides | effect on the result |\n|---|---|---|\n");
      options.forEach(option -> page.append(row(each.getKey(), option)));
    }
    Path file = Checkout.file("jobs/target/generated-site/markdown/options.md");
    Files.createDirectories(file.getParent());
    Files.writeString(file, page);
    Path index = Checkout.file("jobs/target/generated-site/resources/js/search-index.js");
    Files.createDirectories(index.getParent());
    Files.writeString(index, index(page.toString()));
    for (Setting<?> setting : RunSettings.ALL) {
      assertThat(page).contains("</a>`" + setting.spelled());
    }
    assertThat(page.toString().lines().filter(line -> line.endsWith("|  |"))).isEmpty();
    assertThat(page.toString().replaceAll("`[^`]*`|<a id=\"[a-z0-9-]+\"></a>", ""))
        .doesNotContain("<")
        .doesNotContain(" --");
  }

  /** The index of all pages, for the search of the site. */
  static String index(String options) throws IOException {
    SearchIndex index = new SearchIndex();
    index.add("options", options);
    for (Path each : pages().filter(page -> !page.endsWith("README.md")).toList()) {
      String name = each.getFileName().toString().replace(".md", "");
      index.add(name, Files.readString(each));
    }
    return index.script();
  }

  @Test
  void everyOptionOfARunSaysWhatItDoesToTheResult() {
    for (Setting<?> setting : RunSettings.ALL) {
      assertThat(setting.help().effect()).as(setting.name()).isNotBlank().endsWith(".");
    }
  }

  /** Text in which nothing is taken for an element of a page, and no option for a dash. */
  private static String plain(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replaceAll("(?<![\\w`-])(--[a-z][a-z-]*)", "`$1`");
  }

  private static String effect(OptionSpec option) {
    String name = option.longestName().replaceFirst("^--(no-)?", "");
    return RunSettings.named(name)
        .map(setting -> plain(setting.help().effect()).replace("|", "\\|"))
        .orElseGet(() -> OptionEffects.of(name));
  }

  /** A row of the table; searches lead to the name in it. */
  private static String row(String command, OptionSpec option) {
    String names =
        Stream.of(option.names())
            .map(name -> option.arity().max() == 0 ? name : name + " " + option.paramLabel())
            .collect(Collectors.joining("`, `"));
    String text = plain(String.join(" ", option.description())).replace("|", "\\|");
    String shown = text.replace("${DEFAULT-VALUE}", String.valueOf(option.defaultValue()));
    return "| %s`%s` | %s | %s |\n"
        .formatted(
            SearchIndex.place(command, option.longestName()),
            names.replace("|", "\\|"),
            shown,
            effect(option));
  }
}
