package org.llmsurgeon.jobs.command;

import java.util.concurrent.Callable;
import org.llmsurgeon.jobs.option.OutputOptions;
import org.llmsurgeon.jobs.runtime.Failures;
import org.llmsurgeon.jobs.runtime.SparkRuntime;
import org.llmsurgeon.jobs.terminal.Format;
import org.llmsurgeon.jobs.terminal.RunProgress;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.output.CleanedRun;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code surgeon clean}: removes what dead attempts left in a run directory. */
@Command(
    name = "clean",
    customSynopsis = "surgeon clean --run DIR [OPTIONS]",
    description = {
      "Removes what interrupted attempts left in a run directory.",
      "",
      "Files that no record of a finished step names go, and the hidden folder in the output in"
          + " which a model was being written; everything that is finished stays, and the run can"
          + " go on. A directory in which a process works is refused.",
      ""
    },
    footer = {"", "Example: surgeon clean --run out/half/.surgeon-run"})
public final class CleanCommand implements Callable<Integer> {
  @Option(
      names = "--run",
      paramLabel = "DIR",
      required = true,
      description = "The run directory: what prune --run named, or <output>/.surgeon-run.")
  private String run;

  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    CleanedRun cleaned;
    try (RunProgress progress = output.progress();
        SparkRuntime spark = SparkRuntime.start("surgeon clean", output.err(), "Interrupted.")) {
      cleaned = new SurgeonPipeline(spark.context(), progress).clean(run);
    }
    if (!output.quiet()) {
      cleaned.removed().forEach(file -> output.out().println(file));
    }
    output
        .out()
        .println(
            "Removed "
                + Format.plural(cleaned.removed().size(), "file")
                + ", "
                + Format.bytes(cleaned.bytes())
                + ", from "
                + cleaned.run()
                + ".");
    output.out().flush();
    return Failures.DONE;
  }
}
