package org.llmsurgeon.jobs.command;

import java.util.concurrent.Callable;
import org.llmsurgeon.InputException;
import org.llmsurgeon.export.gguf.GgufType;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.jobs.option.OutputOptions;
import org.llmsurgeon.jobs.option.RunSettings;
import org.llmsurgeon.jobs.runtime.Failures;
import org.llmsurgeon.jobs.runtime.SparkRuntime;
import org.llmsurgeon.jobs.terminal.ExportTable;
import org.llmsurgeon.jobs.terminal.RunProgress;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.analyse.ExportRequest;
import org.llmsurgeon.pipeline.analyse.ExportResult;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code surgeon export}: a folder with zeros as a smaller one. */
@Command(
    name = "export",
    customSynopsis = "surgeon export --model MASKED [--output DIR] [--gguf FILE] [OPTIONS]",
    description = {
      "Writes a model in which weights are zero, whoever made them so, as a smaller one.",
      "",
      "Neurons, heads, key/value groups and whole sublayers that do nothing are left out, and rows"
          + " and columns of single matrices where that is asked for. What is written is loaded"
          + " again and compared with the model before it is put in its place.",
      "",
      "With --gguf it becomes a file for llama.cpp too; without --output only that, in the sizes"
          + " that the model has.",
      ""
    },
    footer = {"", "Example: surgeon export --model out/masked --output out/small"})
public final class ModelExportCommand implements Callable<Integer> {
  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description = "Hugging Face folder of the model with zeros.")
  private String model;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Folder of the smaller model; it must be empty or not there.")
  private String target;

  @Option(
      names = "--export",
      paramLabel = "FORM",
      description = RunSettings.EXPORT_FORMS + " Default: auto.")
  private String form;

  @Option(
      names = "--gguf",
      paramLabel = "FILE",
      description = "GGUF file of the smaller model, for llama.cpp; it must not be there.")
  private String gguf;

  @Option(
      names = "--gguf-type",
      paramLabel = "TYPE",
      description =
          "Numbers of its matrices: F32, F16, BF16 or Q8_0 (8 bits; where rows are no multiple of"
              + " 32 F16). Default: F16.")
  private String ggufType;

  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    ExportRequest request = request();
    ExportResult result;
    try (RunProgress progress = output.progress();
        SparkRuntime spark =
            SparkRuntime.start(
                "surgeon export", output.err(), "Interrupted; nothing was written.")) {
      result = new SurgeonPipeline(spark.context(), progress).export(request);
    }
    if (result.folder() != null) {
      output.out().print((output.quiet() ? "" : "\n") + ExportTable.text(result.folder()));
      output.out().println("Smaller model: " + target);
    }
    if (result.gguf() != null) {
      output.out().println(ExportTable.text(result.gguf()));
    }
    output.out().flush();
    return Failures.DONE;
  }

  private ExportRequest request() {
    if (target == null && gguf == null) {
      throw new InputException("Nothing is to be written; give --output DIR, --gguf FILE or both.");
    }
    if (target == null && form != null) {
      throw new InputException(
          "--export is the form of --output; give --output DIR, or leave it out.");
    }
    if (gguf == null && ggufType != null) {
      throw new InputException("--gguf-type is that of --gguf; give --gguf FILE, or leave it out.");
    }
    ExportRequest.Gguf file =
        gguf == null
            ? null
            : new ExportRequest.Gguf(gguf, GgufType.parse(ggufType == null ? "F16" : ggufType));
    return new ExportRequest(model, target, Route.parse(form == null ? "auto" : form), file);
  }
}
