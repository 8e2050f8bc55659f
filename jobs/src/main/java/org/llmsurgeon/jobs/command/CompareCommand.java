package org.llmsurgeon.jobs.command;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.llmsurgeon.InputException;
import org.llmsurgeon.jobs.option.OutputOptions;
import org.llmsurgeon.jobs.option.RunSettings;
import org.llmsurgeon.jobs.option.Settings;
import org.llmsurgeon.jobs.runtime.Failures;
import org.llmsurgeon.jobs.runtime.SparkRuntime;
import org.llmsurgeon.jobs.terminal.ComparisonTable;
import org.llmsurgeon.jobs.terminal.Format;
import org.llmsurgeon.jobs.terminal.RunProgress;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.cluster.RunFailedException;
import org.llmsurgeon.pipeline.compare.CompareRequest;
import org.llmsurgeon.pipeline.compare.ComparedRun;
import org.llmsurgeon.surgery.catalog.CalibrationSettings;
import org.llmsurgeon.surgery.catalog.CorrectionSettings;
import org.llmsurgeon.surgery.catalog.CurvatureSettings;
import org.llmsurgeon.surgery.catalog.ElementSettings;
import org.llmsurgeon.surgery.catalog.LayerSettings;
import org.llmsurgeon.surgery.catalog.ObjectiveSettings;
import org.llmsurgeon.surgery.catalog.RecoverySettings;
import org.llmsurgeon.surgery.catalog.StepSettings;
import org.llmsurgeon.surgery.catalog.StructureSettings;
import org.llmsurgeon.surgery.catalog.UpdateSettings;
import org.llmsurgeon.surgery.setting.Setting;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code surgeon compare}: several methods on the same model and data, in one table. */
@Command(
    name = "compare",
    customSynopsis =
        "surgeon compare --model DIR --calibration FILE... --test FILE... --output DIR [OPTIONS]",
    description = {
      "Compares methods on the same model, data and windows.",
      "",
      "Prints one table, the dense model first, and writes it as compare.csv and compare.json into"
          + " the output, anew after each run. A run that fails does not stop the others: its row"
          + " says why. The same command, or one with more methods, takes over what is done.",
      "",
      "Pruning is the time of scoring and cutting, and of measuring after the first shot, in"
          + " seconds; measuring is that of the first shot, done once for all runs with the same"
          + " curvature and named in each. Tensors is the most memory that tensors took in a"
          + " process, measuring included, Java's heap, mapped files and the evaluation not.",
      ""
    },
    footer = {
      "",
      "Example: surgeon compare --model models/smollm2-135m --calibration train.txt --test test.txt"
          + " --sparsity 0.3,0.5 --output out/compare"
    })
public final class CompareCommand implements Callable<Integer> {
  /** The settings that this command takes. */
  public static final List<Setting<?>> SETTINGS =
      List.of(
          RunSettings.MODEL,
          RunSettings.CALIBRATION,
          RunSettings.TEST,
          RunSettings.OUTPUT,
          CalibrationSettings.SEQUENCES,
          CalibrationSettings.CONTEXT,
          CalibrationSettings.SEED,
          CalibrationSettings.DRAW,
          CalibrationSettings.TEXT_COLUMN,
          ObjectiveSettings.LABEL_COLUMN,
          ObjectiveSettings.MASK_SEED,
          StructureSettings.UNITS,
          StepSettings.SCHEDULE,
          LayerSettings.INCLUDE,
          LayerSettings.EXCLUDE,
          LayerSettings.LIMIT,
          CurvatureSettings.FISHER,
          CurvatureSettings.FISHER_SAMPLES,
          UpdateSettings.DAMP_G,
          UpdateSettings.DAMP_A,
          StructureSettings.ROUNDS,
          ElementSettings.UPDATE,
          ElementSettings.MOST_CORRELATED,
          ElementSettings.ADD_UPDATE,
          ElementSettings.KEEP_BIAS,
          ElementSettings.INDEPENDENT,
          ElementSettings.SKIP_UNFIT,
          CorrectionSettings.RANK,
          CorrectionSettings.EPOCHS,
          CorrectionSettings.SHARE,
          CorrectionSettings.FINAL_EPOCHS,
          CorrectionSettings.RATE,
          CorrectionSettings.BATCH,
          RecoverySettings.TOKENS,
          RecoverySettings.RATE,
          RecoverySettings.BATCH,
          CalibrationSettings.SHARDS,
          RunSettings.OVERWRITE);

  @Option(
      names = "--methods",
      paramLabel = "NAMES",
      defaultValue = "magnitude,wanda,sparsegpt,l-obd,k-obd,obs,surgeon",
      description = {
        "Which methods, joined by commas: magnitude, wanda, sparsegpt, wanda-dense,"
            + " sparsegpt-dense, l-obd, k-obd, obs, k-obs, surgeon; of units also minitron, taylor"
            + " and flap.",
        "Default: ${DEFAULT-VALUE}."
      })
  private String methods;

  @Option(
      names = "--sparsity",
      paramLabel = "SHARES",
      defaultValue = "0.5",
      description =
          "Shares of the weights that are to be gone, joined by commas. Default: ${DEFAULT-VALUE}.")
  private String sparsities;

  @Option(
      names = "--structures",
      paramLabel = "KIND",
      defaultValue = "element",
      description =
          "What may be removed, as for prune; sparsegpt knows element and N:M only, wanda these and"
              + " units. Default: ${DEFAULT-VALUE}.")
  private String structures;

  @Option(
      names = "--threshold",
      paramLabel = "KINDS",
      defaultValue = "global",
      description =
          "global, layer or both joined by commas, as for prune: whether one threshold is over all"
              + " layers, or each reaches the sparsity on its own. Default: ${DEFAULT-VALUE}.")
  private String thresholds;

  @Option(
      names = "--trust-region",
      paramLabel = "true|false",
      defaultValue = "false",
      description =
          "Whether no layer goes further than its prediction is measured to hold, as for prune, in"
              + " the method surgeon: true, false, or both as false,true. Default:"
              + " ${DEFAULT-VALUE}.")
  private String trust;

  @Option(
      names = "--reconstruct",
      paramLabel = "true|false",
      defaultValue = "false",
      description =
          "Whether layers are refitted after the last cut, as for prune: true, false, or both as"
              + " false,true. Default: ${DEFAULT-VALUE}.")
  private String reconstruct;

  @Option(
      names = "--correct",
      paramLabel = "KINDS",
      defaultValue = "none",
      description =
          "What adapters are trained for after the cut, as for prune; one kind or several joined by"
              + " commas. Default: ${DEFAULT-VALUE}.")
  private String corrections;

  @Option(
      names = "--recover",
      paramLabel = "KINDS",
      defaultValue = "none",
      description =
          "What all weights that are left are trained for at the end, as for prune; one kind or"
              + " several joined by commas. Default: ${DEFAULT-VALUE}.")
  private String recoveries;

  @Option(
      names = "--shots",
      paramLabel = "NUMBERS",
      defaultValue = "1",
      description =
          "Rounds of measuring and cutting, one number or several joined by commas; wanda and"
              + " sparsegpt have one round. Default: ${DEFAULT-VALUE}.")
  private String shots;

  @Option(
      names = "--curvature",
      paramLabel = "KINDS",
      defaultValue = "kfac",
      description =
          "Curvature of the method surgeon, one kind or several joined by commas, as for prune; the"
              + " other methods have their own. Default: ${DEFAULT-VALUE}.")
  private String curvatures;

  @Option(
      names = "--curvature-passes",
      paramLabel = "N",
      description = "As for prune, for the curvatures of the list that it goes with.")
  private String passes;

  @Option(
      names = "--curvature-rank",
      paramLabel = "N",
      description = "As for prune, for the curvatures of the list that it goes with.")
  private String rank;

  @Option(
      names = "--update",
      paramLabel = "KINDS",
      defaultValue = "joint",
      description =
          "Update of the method surgeon, one kind or several joined by commas, as for prune."
              + " Default: ${DEFAULT-VALUE}.")
  private String updates;

  @Option(
      names = "--choices",
      arity = "1..*",
      paramLabel = "FILE.jsonl",
      description =
          "Questions with several answers, as for evaluate: what share of them each model answers"
              + " rightly, plain and length-normalised.")
  private List<String> choices = List.of();

  @Spec private CommandSpec spec;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    Settings settings = Settings.of(spec.commandLine().getParseResult());
    settings.require(
        "compare",
        RunSettings.MODEL,
        RunSettings.CALIBRATION,
        RunSettings.TEST,
        RunSettings.OUTPUT);
    CompareRequest request = request(settings);
    List<ComparedRun> runs;
    try (RunProgress progress = output.progress();
        SparkRuntime spark =
            SparkRuntime.start(
                "surgeon compare",
                output.err(),
                "Interrupted. Finished runs are kept; the same command goes on with the others.")) {
      SurgeonPipeline pipeline = new SurgeonPipeline(spark.context(), progress);
      pipeline.requireText(settings.ofText());
      runs = pipeline.compare(request);
    }
    output.out().print((output.quiet() ? "" : "\n") + ComparisonTable.text(runs) + "\n");
    output.out().println("compare.csv and compare.json: " + request.output());
    output.out().flush();
    requireAllDone(runs);
    return Failures.DONE;
  }

  /** Names the runs that failed; the numbers broke down in one, or all refused what was given. */
  private static void requireAllDone(List<ComparedRun> runs) {
    List<ComparedRun> failed = runs.stream().filter(run -> run.failure() != null).toList();
    if (failed.isEmpty()) {
      return;
    }
    String sentence =
        failed.size()
            + " of "
            + Format.plural(runs.size() - 1, "run")
            + " failed, for the reasons in the table: "
            + failed.stream().map(run -> run.way().label()).collect(Collectors.joining("; "))
            + ".";
    if (failed.stream().allMatch(run -> run.failure().input())) {
      throw new InputException(sentence);
    }
    throw new RunFailedException(sentence);
  }

  private CompareRequest request(Settings settings) {
    Map<String, Object> options = new LinkedHashMap<>(settings.recipeOptions());
    options.remove(StepSettings.SPARSITY.name());
    options.put(StructureSettings.STRUCTURES.name(), structures);
    options.put(CurvatureSettings.PASSES.name(), passes);
    options.put(CurvatureSettings.RANK.name(), rank);
    return new CompareRequest(
        settings.text(RunSettings.MODEL),
        settings.list(RunSettings.CALIBRATION),
        settings.list(RunSettings.TEST),
        settings.text(RunSettings.OUTPUT),
        settings.flag(RunSettings.OVERWRITE),
        choices,
        new CompareRequest.Runs(
            words("--methods", methods),
            words("--sparsity", sparsities).stream().map(CompareCommand::share).toList(),
            options,
            Map.of(
                StepSettings.SHOTS.name(), words("--shots", shots),
                LayerSettings.THRESHOLD.name(), words("--threshold", thresholds),
                LayerSettings.TRUST_REGION.name(), words("--trust-region", trust),
                CorrectionSettings.RECONSTRUCT.name(), words("--reconstruct", reconstruct),
                CorrectionSettings.CORRECT.name(), words("--correct", corrections),
                RecoverySettings.RECOVER.name(), words("--recover", recoveries),
                CurvatureSettings.CURVATURE.name(), words("--curvature", curvatures),
                UpdateSettings.UPDATE.name(), words("--update", updates))));
  }

  private static List<String> words(String option, String joined) {
    List<String> words =
        Arrays.stream(joined.split(",")).map(String::strip).filter(w -> !w.isEmpty()).toList();
    if (words.isEmpty()) {
      throw new InputException(option + " is empty; give at least one, or leave it out.");
    }
    return words;
  }

  private static Double share(String word) {
    try {
      return Double.valueOf(word);
    } catch (NumberFormatException e) {
      throw new InputException(
          "--sparsity has '" + word + "'; give shares joined by commas, as 0.1,0.5.", e);
    }
  }
}
