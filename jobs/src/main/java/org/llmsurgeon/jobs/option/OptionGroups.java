package org.llmsurgeon.jobs.option;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.llmsurgeon.surgery.setting.SettingGroup;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.OptionSpec;

/** The options of a command in groups, the ones that everybody needs first. */
public final class OptionGroups {
  /** Options of single commands that everybody needs. */
  private static final Set<String> BASIC = Set.of("recipe", "methods", "choices");

  private OptionGroups() {}

  /** The list of options of a usage text; without headings where all stand in one group. */
  public static String render(Help help) {
    return render(
        help,
        (of, options) -> {
          Help.Layout layout = of.createDefaultLayout(options, List.of(), of.colorScheme());
          layout.addAllOptions(options, of.createDefaultParamLabelRenderer());
          return layout.toString();
        });
  }

  /** The list of options, each group written in some way. */
  public static String render(Help help, BiFunction<Help, List<OptionSpec>, String> group) {
    Map<SettingGroup, List<OptionSpec>> grouped = new EnumMap<>(SettingGroup.class);
    for (OptionSpec option : help.commandSpec().options()) {
      grouped.computeIfAbsent(groupOf(option), each -> new ArrayList<>()).add(option);
    }
    StringBuilder text = new StringBuilder();
    grouped.forEach(
        (heading, options) -> {
          if (grouped.size() > 1) {
            text.append(text.isEmpty() ? "" : "\n").append(heading.heading()).append(":\n");
          }
          text.append(group.apply(help, options));
        });
    return text.toString();
  }

  private static SettingGroup groupOf(OptionSpec option) {
    String name = option.longestName().replaceFirst("^--(no-)?", "");
    SettingGroup other = BASIC.contains(name) ? SettingGroup.BASIC : SettingGroup.RUNNING;
    return RunSettings.named(name).map(setting -> setting.help().group()).orElse(other);
  }
}
