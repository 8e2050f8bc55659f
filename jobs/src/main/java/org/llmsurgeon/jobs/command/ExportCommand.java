package org.llmsurgeon.jobs.command;

import java.util.List;
import java.util.concurrent.Callable;
import org.llmsurgeon.jobs.option.OutputOptions;
import org.llmsurgeon.jobs.option.RunSettings;
import org.llmsurgeon.jobs.option.Settings;
import org.llmsurgeon.jobs.runtime.Failures;
import org.llmsurgeon.jobs.runtime.SparkRuntime;
import org.llmsurgeon.jobs.terminal.RunProgress;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.surgery.recipe.Recipe;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that calibrates a model and writes what it finds to one file. */
abstract sealed class ExportCommand implements Callable<Integer>
    permits FactorsCommand, ScoresCommand {
  /** What is written. */
  @FunctionalInterface
  interface Export {
    /** Calibrates and writes. */
    void write(
        SurgeonPipeline pipeline,
        String model,
        List<String> calibration,
        String output,
        Recipe recipe);
  }

  private final Export export;
  @Spec private CommandSpec spec;
  @Mixin private OutputOptions output;

  ExportCommand(Export export) {
    this.export = export;
  }

  @Override
  public final Integer call() {
    Settings settings = Settings.of(spec.commandLine().getParseResult());
    settings.require(spec.name(), RunSettings.MODEL, RunSettings.CALIBRATION, RunSettings.OUTPUT);
    Recipe recipe = recipe(settings);
    String model = settings.text(RunSettings.MODEL);
    String target = settings.text(RunSettings.OUTPUT);
    try (RunProgress progress = output.progress();
        SparkRuntime spark =
            SparkRuntime.start(
                "surgeon " + spec.name(), output.err(), "Interrupted; nothing was written.")) {
      SurgeonPipeline pipeline = new SurgeonPipeline(spark.context(), progress);
      pipeline.requireText(settings.ofText());
      export.write(pipeline, model, settings.list(RunSettings.CALIBRATION), target, recipe);
    }
    output.out().println("Wrote " + target);
    output.out().flush();
    return Failures.DONE;
  }

  /** How to calibrate. */
  Recipe recipe(Settings settings) {
    return settings.recipe();
  }
}
