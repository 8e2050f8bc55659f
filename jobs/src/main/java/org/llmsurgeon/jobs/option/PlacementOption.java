package org.llmsurgeon.jobs.option;

import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pipeline.cluster.GpuPolicy;
import org.llmsurgeon.pipeline.cluster.ReducePlace;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

/**
 * Options of commands that calibrate which decide where work is done, and of the result no more
 * than rounding. So they are settings of Spark and no part of a recipe.
 */
public enum PlacementOption {
  /** Whether the stages with the most arithmetic compute on cards. */
  GPU(
      "--gpu",
      "POLICY",
      "Whether the stages with the most arithmetic compute on CUDA cards: required (this machine's"
          + " first card, or with --master executors that own some), auto (where Spark's settings"
          + " ask for such executors and the cards work), or none. See conf/spark-gpu.conf."
          + " Default: auto.",
      GpuPolicy.SETTING,
      name -> GpuPolicy.parse(name).optionName()),
  /** Where the shards of the factors are summed. */
  REDUCE(
      "--reduce",
      "PLACE",
      "Where the sums of the shards are added up: driver, executors (a task for each factor), or"
          + " auto (tasks from 128 MiB of sums on). The same bytes. Default: auto.",
      ReducePlace.SETTING,
      name -> ReducePlace.parse(name).optionName());

  private final String option;
  private final String label;
  private final String description;
  private final String setting;
  private final UnaryOperator<String> checked;

  PlacementOption(
      String option,
      String label,
      String description,
      String setting,
      UnaryOperator<String> checked) {
    this.option = option;
    this.label = label;
    this.description = description;
    this.setting = setting;
    this.checked = checked;
  }

  /** The option for a command line. */
  public OptionSpec spec() {
    return OptionSpec.builder(option)
        .type(String.class)
        .paramLabel(label)
        .description(description)
        .build();
  }

  /**
   * Runs the command of a parsed command line with what it says about places.
   *
   * @param parsed the whole command line
   * @return the exit code
   */
  public static int execute(ParseResult parsed) {
    ParseResult command = parsed;
    while (command.hasSubcommand()) {
      command = command.subcommand();
    }
    Map<String, String> before = new HashMap<>();
    try {
      for (PlacementOption each : values()) {
        String value = command.matchedOptionValue(each.option, (String) null);
        if (value != null) {
          // Spark's settings begin with the system properties; spark-submit passes its own that
          // way.
          String checked = each.checked.apply(value);
          before.put(each.setting, System.getProperty(each.setting));
          System.setProperty(each.setting, checked);
        }
      }
      return new RunLast().execute(parsed);
    } catch (InputException unknown) {
      throw new ParameterException(
          command.commandSpec().commandLine(), unknown.getMessage(), unknown);
    } finally {
      before.forEach(PlacementOption::restore);
    }
  }

  private static void restore(String setting, String before) {
    if (before == null) {
      System.clearProperty(setting);
    } else {
      System.setProperty(setting, before);
    }
  }
}
