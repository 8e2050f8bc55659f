package org.llmsurgeon.jobs;

import java.util.concurrent.Callable;
import org.llmsurgeon.export.Route;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.report.ExportReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code surgeon export}: a folder with zeros as a smaller one. */
@Command(
    name = "export",
    customSynopsis = "surgeon export --model MASKED --output DIR [OPTIONS]",
    description = {
      "Writes a model in which weights are zero, whoever made them so, as a smaller one.",
      "",
      "Neurons, heads, key/value groups and whole sublayers that do nothing are left out, and rows"
          + " and columns of single matrices where that is asked for. What is written is loaded"
          + " again and compared with the model before it is put in its place.",
      ""
    },
    footer = {"", "Example: surgeon export --model out/masked --output out/small"})
final class ModelExportCommand implements Callable<Integer> {
  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description = "Hugging Face folder of the model with zeros.")
  private String model;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      required = true,
      description = "Folder of the smaller model; it must be empty or not there.")
  private String target;

  @Option(
      names = "--export",
      paramLabel = "FORM",
      defaultValue = "auto",
      description = Setting.EXPORT_FORMS)
  private String form;

  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    Route route = Route.parse(form);
    ExportReport report;
    try (RunProgress progress = output.progress();
        SparkRuntime spark =
            SparkRuntime.start(
                "surgeon export", output.err(), "Interrupted; nothing was written.")) {
      report = new SurgeonPipeline(spark.context(), progress).export(model, target, route);
    }
    output.out().print((output.quiet() ? "" : "\n") + ExportTable.text(report));
    output.out().println("Smaller model: " + target);
    output.out().flush();
    return Failures.DONE;
  }
}
