package org.llmsurgeon.jobs.option;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.llmsurgeon.jobs.terminal.Format;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * Help texts for terminals that are narrower than Picocli's own limit: names on lines of their own,
 * what is said about them below, words never broken.
 */
public final class NarrowHelp {
  private static final String INDENT = "    ";

  private final int columns;

  private NarrowHelp(int columns) {
    this.columns = columns;
  }

  /**
   * The sections of a help text.
   *
   * @param columns width of the terminal
   */
  static Map<String, IHelpSectionRenderer> sections(int columns) {
    NarrowHelp narrow = new NarrowHelp(columns);
    Map<String, IHelpSectionRenderer> sections = new LinkedHashMap<>();
    sections.put(
        UsageMessageSpec.SECTION_KEY_HEADER,
        help -> narrow.paragraphs(help.commandSpec().usageMessage().header()));
    // The heading stands in the section itself.
    sections.put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST_HEADING, help -> "");
    sections.put(
        UsageMessageSpec.SECTION_KEY_DESCRIPTION,
        help -> narrow.paragraphs(help.commandSpec().usageMessage().description()));
    sections.put(UsageMessageSpec.SECTION_KEY_PARAMETER_LIST, narrow::parameters);
    sections.put(
        UsageMessageSpec.SECTION_KEY_OPTION_LIST,
        help -> OptionGroups.render(help, narrow::options));
    sections.put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, narrow::commands);
    sections.put(
        UsageMessageSpec.SECTION_KEY_FOOTER,
        help -> narrow.paragraphs(help.commandSpec().usageMessage().footer()));
    return sections;
  }

  /**
   * The line of the usage, which Picocli makes longer than the terminal by its heading.
   *
   * @param command whose help it begins
   * @param columns width of the terminal
   */
  public static void wrapUsage(CommandLine command, int columns) {
    NarrowHelp narrow = new NarrowHelp(columns);
    Map<String, IHelpSectionRenderer> sections = command.getHelpSectionMap();
    sections.put(UsageMessageSpec.SECTION_KEY_SYNOPSIS_HEADING, help -> "");
    sections.put(
        UsageMessageSpec.SECTION_KEY_SYNOPSIS,
        help -> narrow.wrapped("Usage: " + help.synopsis(0).strip()));
  }

  private String wrapped(String text) {
    return Format.wrapped(text.replaceAll("%n|\\s+", " ").strip(), columns, "");
  }

  private String below(String... sentences) {
    return Format.wrapped(String.join(" ", sentences), columns, INDENT);
  }

  private String paragraphs(String... all) {
    return Stream.of(all)
        .map(each -> each.isBlank() ? "\n" : wrapped(each))
        .collect(Collectors.joining());
  }

  private String parameters(Help help) {
    return help.commandSpec().positionalParameters().stream()
        .filter(each -> !each.hidden())
        .map(each -> each.paramLabel() + "\n" + below(each.description()))
        .collect(Collectors.joining());
  }

  private String options(Help help, List<OptionSpec> options) {
    return options.stream()
        .filter(each -> !each.hidden())
        .map(
            each ->
                wrapped(
                        String.join(", ", each.names())
                            + (each.paramLabel().isEmpty() || each.arity().max() == 0
                                ? ""
                                : " " + each.paramLabel()))
                    + below(each.description()))
        .collect(Collectors.joining());
  }

  private String commands(Help help) {
    if (help.subcommands().isEmpty()) {
      return "";
    }
    StringBuilder text = new StringBuilder("Commands:\n");
    help.subcommands()
        .forEach(
            (name, command) -> {
              UsageMessageSpec usage = command.commandSpec().usageMessage();
              String[] said = usage.header().length > 0 ? usage.header() : usage.description();
              text.append(name).append('\n');
              text.append(said.length > 0 ? below(said[0]) : "");
            });
    return text.toString();
  }

  /** Where the terminal is narrower than Picocli's limit, its sections are replaced. */
  public static void use(CommandLine command, int columns) {
    command.getHelpSectionMap().putAll(sections(columns));
  }
}
