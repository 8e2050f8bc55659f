package org.llmsurgeon.jobs;

import java.util.List;
import java.util.concurrent.Callable;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.surgery.Recipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code surgeon factors}: the Kronecker factors of every prunable layer, as a file. */
@Command(
    name = "factors",
    customSynopsis =
        "surgeon factors --model DIR --calibration FILE... --output FILE.safetensors [OPTIONS]",
    description = {
      "Writes the Kronecker factors of every prunable layer.",
      "",
      "The .safetensors file holds <layer>.A [in, in], with a last row and column for the bias"
          + " where there is one, and <layer>.G [out, out]: means over tokens, scaled to equal"
          + " norms.",
      ""
    },
    footer = {
      "",
      "Example: surgeon factors --model models/smollm2-135m --calibration train.txt"
          + " --output factors.safetensors"
    })
final class FactorsCommand implements Callable<Integer> {
  /** The settings that this command takes. */
  static final List<Setting> SETTINGS =
      List.of(
          Setting.MODEL,
          Setting.CALIBRATION,
          Setting.OUTPUT,
          Setting.CURVATURE,
          Setting.CURVATURE_PASSES,
          Setting.FISHER,
          Setting.FISHER_SAMPLES,
          Setting.SEQUENCES,
          Setting.CONTEXT,
          Setting.SEED,
          Setting.SHARDS);

  @Spec private CommandSpec spec;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    Settings settings = Settings.of(spec.commandLine().getParseResult());
    settings.require("factors", Setting.MODEL, Setting.CALIBRATION, Setting.OUTPUT);
    Recipe recipe = settings.recipe();
    String target = settings.text(Setting.OUTPUT);
    try (RunProgress progress = output.progress();
        SparkRuntime spark =
            SparkRuntime.start(
                "surgeon factors", output.err(), "Interrupted; nothing was written.")) {
      new SurgeonPipeline(spark.context(), progress)
          .factors(
              settings.text(Setting.MODEL), settings.list(Setting.CALIBRATION), target, recipe);
    }
    output.out().println("Wrote " + target);
    output.out().flush();
    return Failures.DONE;
  }
}
