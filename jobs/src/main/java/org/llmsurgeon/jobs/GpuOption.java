package org.llmsurgeon.jobs;

import org.llmsurgeon.InputException;
import org.llmsurgeon.pipeline.GpuPolicy;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

/**
 * The option {@code --gpu} of commands that calibrate: whether the stages with the most arithmetic
 * go to executors that own GPUs. It decides where tasks run and nothing of the result, so it is a
 * setting of Spark and no part of a recipe.
 */
final class GpuOption {
  private static final String NAME = "--gpu";

  private GpuOption() {}

  /** The option. */
  static OptionSpec spec() {
    return OptionSpec.builder(NAME)
        .type(String.class)
        .paramLabel("POLICY")
        .description(
            "Whether accumulate and cut go to executors that own GPUs: required, auto (where"
                + " Spark's settings ask for such executors), or none. See conf/spark-gpu.conf."
                + " Default: auto.")
        .build();
  }

  /**
   * Runs the command of a parsed command line under the policy that it names.
   *
   * @param parsed the whole command line
   * @return the exit code
   */
  static int execute(ParseResult parsed) {
    ParseResult command = parsed;
    while (command.hasSubcommand()) {
      command = command.subcommand();
    }
    String policy = command.matchedOptionValue(NAME, (String) null);
    if (policy == null) {
      return new RunLast().execute(parsed);
    }
    String before = System.getProperty(GpuPolicy.SETTING);
    try {
      // Spark's settings begin with the system properties; spark-submit passes its own that way.
      System.setProperty(GpuPolicy.SETTING, GpuPolicy.parse(policy).optionName());
      return new RunLast().execute(parsed);
    } catch (InputException unknown) {
      throw new ParameterException(
          command.commandSpec().commandLine(), unknown.getMessage(), unknown);
    } finally {
      restore(before);
    }
  }

  private static void restore(String before) {
    if (before == null) {
      System.clearProperty(GpuPolicy.SETTING);
    } else {
      System.setProperty(GpuPolicy.SETTING, before);
    }
  }
}
