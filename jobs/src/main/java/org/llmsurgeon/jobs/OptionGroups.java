package org.llmsurgeon.jobs;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.OptionSpec;

/** The options of a command in groups, the ones that everybody needs first. */
final class OptionGroups {
  private static final String RUNNING = "Running:";
  private static final Map<String, List<String>> GROUPS = groups();

  private OptionGroups() {}

  /** The list of options of a usage text; without headings where all stand in one group. */
  static String render(Help help) {
    Map<String, List<OptionSpec>> grouped = new LinkedHashMap<>();
    GROUPS.keySet().forEach(heading -> grouped.put(heading, new ArrayList<>()));
    for (OptionSpec option : help.commandSpec().options()) {
      grouped.get(groupOf(option)).add(option);
    }
    grouped.values().removeIf(List::isEmpty);
    StringBuilder text = new StringBuilder();
    grouped.forEach(
        (heading, options) -> {
          if (grouped.size() > 1) {
            text.append(text.isEmpty() ? "" : "\n").append(heading).append('\n');
          }
          Help.Layout layout = help.createDefaultLayout(options, List.of(), help.colorScheme());
          layout.addAllOptions(options, help.createDefaultParamLabelRenderer());
          text.append(layout);
        });
    return text.toString();
  }

  private static String groupOf(OptionSpec option) {
    String name = option.longestName().replaceFirst("^--(no-)?", "");
    return GROUPS.entrySet().stream()
        .filter(group -> group.getValue().contains(name))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(RUNNING);
  }

  private static Map<String, List<String>> groups() {
    Map<String, List<String>> groups = new LinkedHashMap<>();
    groups.put(
        "Basic:",
        List.of(
            "model",
            "calibration",
            "test",
            "output",
            "preset",
            "recipe",
            "sparsity",
            "shots",
            "structures",
            "methods",
            "choices"));
    groups.put(
        "What may go:",
        List.of(
            "units",
            "target-of",
            "include",
            "exclude",
            "limit",
            "threshold",
            "keep-bias",
            "round-to",
            "tensor-parallel",
            "one-width"));
    groups.put(
        "Steps:",
        List.of("schedule", "targets", "max-shots", "save-at", "selection", "path-step", "rounds"));
    groups.put(
        "Calibration data:",
        List.of("sequences", "context", "seed", "fresh-calibration", "shards"));
    groups.put(
        "Curvature:",
        List.of(
            "curvature",
            "curvature-passes",
            "curvature-rank",
            "fisher",
            "fisher-samples",
            "diagonal",
            "damp-g",
            "damp-a"));
    groups.put(
        "Updates and corrections:",
        List.of(
            "update",
            "element-update",
            "max-correlate",
            "add-update",
            "independent",
            "skip-unfit",
            "reconstruct",
            "correct",
            "rank",
            "correct-rate",
            "correct-batch",
            "correct-share",
            "correct-epochs",
            "final-epochs"));
    groups.put(RUNNING, List.of());
    return groups;
  }
}
