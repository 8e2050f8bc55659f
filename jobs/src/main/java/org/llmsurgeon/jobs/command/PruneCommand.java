package org.llmsurgeon.jobs.command;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.jobs.option.OutputOptions;
import org.llmsurgeon.jobs.option.RunSettings;
import org.llmsurgeon.jobs.option.Settings;
import org.llmsurgeon.jobs.runtime.Failures;
import org.llmsurgeon.jobs.runtime.SparkRuntime;
import org.llmsurgeon.jobs.terminal.ExportTable;
import org.llmsurgeon.jobs.terminal.Format;
import org.llmsurgeon.jobs.terminal.ReportTables;
import org.llmsurgeon.jobs.terminal.ResourceTable;
import org.llmsurgeon.jobs.terminal.RunProgress;
import org.llmsurgeon.jobs.watch.MlflowRun;
import org.llmsurgeon.jobs.watch.ObservedProgress;
import org.llmsurgeon.jobs.watch.RunMetrics;
import org.llmsurgeon.jobs.watch.RunObserver;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.setting.Setting;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code surgeon prune}: the whole loop, from a model folder to a pruned model folder. */
@Command(
    name = "prune",
    customSynopsis =
        "surgeon prune --model DIR --calibration FILE... --output DIR [--test FILE...] [OPTIONS]",
    description = {
      "Prunes a model in several shots.",
      "",
      "Writes a smaller model folder of the same number format, checks that it computes what the"
          + " pruned weights do, and writes pruning_report.json. The same command on an unfinished"
          + " output goes on after its last finished shot; on a finished one it says so.",
      ""
    },
    footer = {
      "",
      "Example: surgeon prune --model models/smollm2-135m --calibration train.txt --test test.txt"
          + " --output out/half --sparsity 0.5 --shots 10"
    })
public final class PruneCommand implements Callable<Integer> {
  /** The settings that this command takes. */
  public static final List<Setting<?>> SETTINGS = RunSettings.ALL;

  @Option(
      names = "--result",
      paramLabel = "FILE.json",
      description =
          "Write what a scheduler needs (paths, perplexities, sizes, seconds) to this small file at"
              + " the end.")
  private String result;

  @Spec private CommandSpec spec;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    Settings settings = Settings.of(spec.commandLine().getParseResult());
    settings.require("prune", RunSettings.MODEL, RunSettings.CALIBRATION, RunSettings.OUTPUT);
    PruneRequest request =
        new PruneRequest(
            settings.text(RunSettings.MODEL),
            settings.list(RunSettings.CALIBRATION),
            settings.list(RunSettings.TEST),
            settings.text(RunSettings.OUTPUT),
            settings.text(RunSettings.RUN),
            settings.flag(RunSettings.OVERWRITE),
            settings.recipe(),
            Route.parse(
                settings.text(RunSettings.EXPORT) == null
                    ? Route.AUTO.optionName()
                    : settings.text(RunSettings.EXPORT)));
    PruningReport report;
    try (RunProgress progress = output.progress();
        SparkRuntime spark =
            SparkRuntime.start(
                "surgeon prune",
                output.err(),
                "Interrupted. Finished shots are kept; the same command goes on from there.")) {
      new SurgeonPipeline(spark.context(), progress).requireText(settings.ofText());
      report = prune(request, spark, progress);
    }
    output.out().print((output.quiet() ? "" : "\n") + ReportTables.text(report) + "\n");
    if (output.verbose() && report.resources() != null) {
      output.out().print(ResourceTable.text(report.resources()) + "\n");
    }
    if (report.export() != null) {
      output.out().print(ExportTable.text(report.export()) + "\n");
    }
    output
        .out()
        .println("Pruned model, " + PruningReport.FILE + " and report.html: " + request.output());
    if (!output.quiet()) {
      long millis = ManagementFactory.getRuntimeMXBean().getUptime();
      output.out().println("Took " + Format.seconds(millis / 1e3) + " from start to end.");
    }
    output.out().flush();
    return Failures.DONE;
  }

  private PruningReport prune(PruneRequest request, SparkRuntime spark, RunProgress progress) {
    RunMetrics metrics = new RunMetrics();
    metrics.register();
    List<RunObserver> observers = new ArrayList<>(List.of(metrics));
    Map<String, Object> settings = new LinkedHashMap<>(request.recipe().options());
    settings.put("model", request.model());
    settings.put("calibration", String.join(" ", request.calibration()));
    settings.put("output", request.output());
    try (MlflowRun tracked =
        MlflowRun.begin(System.getenv(), request.output(), settings, progress::note).orElse(null)) {
      if (tracked != null) {
        observers.add(tracked);
      }
      SurgeonPipeline pipeline =
          new SurgeonPipeline(spark.context(), new ObservedProgress(progress, observers));
      if (result != null) {
        pipeline.requireWritable(result);
      }
      PruningReport report = pipeline.prune(request);
      if (result != null) {
        pipeline.writeResult(request.output(), report, result);
      }
      if (tracked != null) {
        tracked.finished(lastFigures(report));
      }
      return report;
    }
  }

  private static Map<String, Double> lastFigures(PruningReport report) {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("dense_perplexity", report.quality().densePerplexity());
    figures.put("final_perplexity", report.perplexity());
    figures.put("final_sparsity", report.sparsity());
    return figures;
  }
}
