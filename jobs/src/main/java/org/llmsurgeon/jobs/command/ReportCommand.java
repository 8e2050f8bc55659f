package org.llmsurgeon.jobs.command;

import java.util.List;
import java.util.concurrent.Callable;
import org.llmsurgeon.jobs.option.OutputOptions;
import org.llmsurgeon.jobs.runtime.Failures;
import org.llmsurgeon.jobs.runtime.SparkRuntime;
import org.llmsurgeon.jobs.terminal.RunProgress;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code surgeon report}: the page of a finished output, made again. */
@Command(
    name = "report",
    customSynopsis = "surgeon report OUTPUT",
    description = {
      "Makes the page of a finished output again.",
      "",
      "Writes report.html and report*.csv of a pruned model, or compare.html of a comparison, from"
          + " the JSON in the folder. prune and compare do so themselves at the end. A page is one"
          + " file that needs nothing else, for a browser or a printer.",
      ""
    },
    footer = {"", "Example: surgeon report out/half"})
public final class ReportCommand implements Callable<Integer> {
  @Parameters(paramLabel = "OUTPUT", description = "Output folder of prune or compare.")
  private String folder;

  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    List<String> pages;
    try (RunProgress progress = output.progress();
        SparkRuntime spark =
            SparkRuntime.start(
                "surgeon report", output.err(), "Interrupted. Nothing but the page is written.")) {
      pages = new SurgeonPipeline(spark.context(), progress).report(folder);
    }
    pages.forEach(output.out()::println);
    output.out().flush();
    return Failures.DONE;
  }
}
