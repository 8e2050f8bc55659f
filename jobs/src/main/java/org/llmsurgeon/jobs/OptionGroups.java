package org.llmsurgeon.jobs;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.llmsurgeon.surgery.recipe.SettingGroup;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.OptionSpec;

/** The options of a command in groups, the ones that everybody needs first. */
final class OptionGroups {
  /** Options of single commands that everybody needs. */
  private static final Set<String> BASIC = Set.of("recipe", "methods", "choices");

  private OptionGroups() {}

  /** The list of options of a usage text; without headings where all stand in one group. */
  static String render(Help help) {
    Map<SettingGroup, List<OptionSpec>> grouped = new EnumMap<>(SettingGroup.class);
    for (OptionSpec option : help.commandSpec().options()) {
      grouped.computeIfAbsent(groupOf(option), group -> new ArrayList<>()).add(option);
    }
    StringBuilder text = new StringBuilder();
    grouped.forEach(
        (group, options) -> {
          if (grouped.size() > 1) {
            text.append(text.isEmpty() ? "" : "\n").append(group.heading()).append(":\n");
          }
          Help.Layout layout = help.createDefaultLayout(options, List.of(), help.colorScheme());
          layout.addAllOptions(options, help.createDefaultParamLabelRenderer());
          text.append(layout);
        });
    return text.toString();
  }

  private static SettingGroup groupOf(OptionSpec option) {
    String name = option.longestName().replaceFirst("^--(no-)?", "");
    SettingGroup other = BASIC.contains(name) ? SettingGroup.BASIC : SettingGroup.RUNNING;
    return RunSettings.named(name).map(setting -> setting.help().group()).orElse(other);
  }
}
