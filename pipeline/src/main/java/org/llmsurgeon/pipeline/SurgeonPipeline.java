package org.llmsurgeon.pipeline;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.spark.api.java.JavaSparkContext;
import org.llmsurgeon.InputException;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.export.verify.PythonTransformers;
import org.llmsurgeon.export.verify.Verification;
import org.llmsurgeon.export.verify.Verifier;
import org.llmsurgeon.generation.Sampling;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.analyse.CostExport;
import org.llmsurgeon.pipeline.analyse.DenseShot;
import org.llmsurgeon.pipeline.analyse.ExportOperation;
import org.llmsurgeon.pipeline.analyse.ExportRequest;
import org.llmsurgeon.pipeline.analyse.ExportResult;
import org.llmsurgeon.pipeline.analyse.FactorExport;
import org.llmsurgeon.pipeline.analyse.Inspection;
import org.llmsurgeon.pipeline.analyse.ModelSummary;
import org.llmsurgeon.pipeline.analyse.TensorExport;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.cluster.RunFailedException;
import org.llmsurgeon.pipeline.compare.CompareRequest;
import org.llmsurgeon.pipeline.compare.ComparedRun;
import org.llmsurgeon.pipeline.compare.Comparison;
import org.llmsurgeon.pipeline.evaluate.ChoiceEvaluation;
import org.llmsurgeon.pipeline.evaluate.ChoiceResult;
import org.llmsurgeon.pipeline.evaluate.EvaluateRequest;
import org.llmsurgeon.pipeline.evaluate.EvaluateRun;
import org.llmsurgeon.pipeline.evaluate.EvaluationResult;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.output.CleanedRun;
import org.llmsurgeon.pipeline.output.RunCleaner;
import org.llmsurgeon.pipeline.output.SampleTexts;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.prune.PruneRun;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.report.ResultFile;
import org.llmsurgeon.pipeline.report.ResultPages;
import org.llmsurgeon.pipeline.report.RunResult;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ScratchDirectory;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.pipeline.text.StoredWindows;
import org.llmsurgeon.pipeline.text.TextFiles;
import org.llmsurgeon.pipeline.text.WindowBuilder;
import org.llmsurgeon.pipeline.text.Windows;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.pruning.layer.StructureCosts;
import org.llmsurgeon.surgery.catalog.CalibrationSettings;
import org.llmsurgeon.surgery.recipe.CalibrationText;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Everything that can be done with a model on Spark. Paths are plain local paths or URIs of any
 * Hadoop file system; on a cluster every machine must reach them.
 *
 * <p>All methods throw {@link InputException} where something that was given cannot be used, and
 * {@link RunFailedException} where the work broke down for another reason; both have one sentence
 * for the user. One object may be used by one thread at a time.
 */
public final class SurgeonPipeline {
  private final JavaSparkContext spark;
  private final Progress progress;

  /**
   * A pipeline.
   *
   * @param spark Spark, whichever master; its settings are used as they are
   * @param progress told what happens
   */
  public SurgeonPipeline(JavaSparkContext spark, Progress progress) {
    this.spark = spark;
    this.progress = progress;
  }

  /**
   * Prunes a model. A run that was stopped goes on after its last finished step; one that is
   * finished is not done again.
   *
   * @param request what to prune, how, and where to
   * @return the report, as it also lies beside the pruned model
   */
  public PruningReport prune(PruneRequest request) {
    return operation(
        session -> new PruneRun(session.with(request.recipe().objective()), request).run());
  }

  /**
   * Perplexity of a model.
   *
   * @param model model folder
   * @param test texts, or files of token windows
   * @param context tokens of a window of text; null for the model's positions, at most {@link
   *     CalibrationSettings#MOST_CONTEXT}
   */
  public EvaluationResult evaluate(String model, List<String> test, Integer context) {
    return evaluate(model, test, context, null);
  }

  /**
   * Perplexity of a model on texts of which a named field or column is read.
   *
   * @param model model folder
   * @param test texts, or files of token windows
   * @param context as in {@link #evaluate(String, List, Integer)}
   * @param column the field or column that holds the text, in files that have any; null for the
   *     usual one
   */
  public EvaluationResult evaluate(
      String model, List<String> test, Integer context, String column) {
    Map<String, Object> options = new HashMap<>();
    options.put(CalibrationSettings.CONTEXT.name(), context);
    options.put(CalibrationSettings.TEXT_COLUMN.name(), column);
    return evaluate(new EvaluateRequest(model, null, test, Recipe.of(options)));
  }

  /**
   * How good a model is at what it is to do.
   *
   * @param request which model, and on what
   */
  public EvaluationResult evaluate(EvaluateRequest request) {
    progress.runStarted("evaluate " + request.model(), 0);
    return operation(
        session -> new EvaluateRun(session.with(request.recipe().objective()), request).run());
  }

  /**
   * Asks a model questions with several answers.
   *
   * @param model model folder, with a tokenizer
   * @param files JSON lines with {@code context}, {@code choices} and {@code answer}, at least one
   *     file; see {@link org.llmsurgeon.checkpoint.text.ChoiceQuestion#read}
   */
  public ChoiceResult choices(String model, List<String> files) {
    progress.runStarted("choices of " + model, 0);
    return operation(
        session -> {
          String folder = session.storage().absolute(model);
          return new ChoiceEvaluation(session, folder, files).of(session.model(folder));
        });
  }

  /**
   * Writes the balanced factors of a model as one safetensors file: {@code <layer>.A} {@code [in,
   * in]}, the bias last, and {@code <layer>.G} {@code [out, out]}, F32.
   *
   * @param model model folder
   * @param calibration texts, or files of token windows
   * @param output a file that does not exist; it appears when it is whole
   * @param recipe curvature and calibration; the rest is not used
   */
  public void factors(String model, List<String> calibration, String output, Recipe recipe) {
    if (!recipe.curvature().kind().needsData()) {
      throw new InputException("The curvature identity has no factors; choose --curvature kfac.");
    }
    if (recipe.curvature().kind() == CurvatureKind.EKFAC) {
      throw new InputException("The factors of ekfac are those of kfac; choose --curvature kfac.");
    }
    progress.runStarted("factors of " + model, 0);
    operation(
        session -> {
          String file = session.storage().absolute(output);
          TensorExport.requireFree(session.storage(), file);
          try (DenseShot shot =
              DenseShot.open(session.with(recipe.objective()), model, calibration, file, recipe)) {
            FactorExport export =
                new FactorExport(shot.config(), recipe.curvature(), shot.factors());
            TensorExport.write(session, file, export.layout(), export::write);
          }
          return file;
        });
  }

  /**
   * Writes the costs of a model's rows and columns as one safetensors file: {@code <layer>.row}
   * {@code [out]}, {@code <layer>.column} {@code [in]}, the bias last, F32; with {@link
   * org.llmsurgeon.pruning.structure.Elements} also {@code <layer>.element} {@code [out, in]}.
   *
   * @param model model folder
   * @param calibration texts, or files of token windows; empty for a curvature without data
   * @param output a file that does not exist; it appears when it is whole
   * @param recipe curvature, costs, damping and calibration; the rest is not used
   */
  public void scores(String model, List<String> calibration, String output, Recipe recipe) {
    progress.runStarted("scores of " + model, 0);
    operation(
        session -> {
          String file = session.storage().absolute(output);
          TensorExport.requireFree(session.storage(), file);
          try (DenseShot shot =
              DenseShot.open(session.with(recipe.objective()), model, calibration, file, recipe)) {
            List<StructureCosts> costs = shot.costs();
            CostExport export = new CostExport(session.storage(), costs, shot.elementCosts());
            TensorExport.write(session, file, export.layout(), export::write);
          }
          return file;
        });
  }

  /**
   * Compares methods on the same model, data and windows, and writes {@code compare.csv} and {@code
   * compare.json} anew after each run. Runs that the output holds already, with the same model and
   * texts, are taken over.
   *
   * @param request what to compare
   * @return the dense model, then all runs, sparsity by sparsity; one that failed says why, and
   *     does not stop the others
   */
  public List<ComparedRun> compare(CompareRequest request) {
    progress.runStarted("compare on " + request.model(), 0);
    return operation(session -> new Comparison(session, request).run());
  }

  /**
   * Throws if an option that says how text becomes windows does nothing, since all its files hold
   * token windows.
   *
   * @param options by their names, each with the files, folders and patterns that it is for; those
   *     that do not exist are not looked at
   * @throws InputException naming the option and a file
   */
  public void requireText(Map<String, List<String>> options) {
    operation(
        session -> {
          options.forEach(
              (option, paths) -> StoredWindows.requireText(session.storage(), option, paths));
          return options;
        });
  }

  /**
   * Throws if a small file cannot be written, before the work of which it will tell.
   *
   * @param file absolute path or URI, or a path from here
   * @throws InputException saying why
   */
  public void requireWritable(String file) {
    operation(
        session -> {
          new ResultFile(session.storage(), file).requireWritable();
          return file;
        });
  }

  /**
   * Writes the little that a scheduler needs to know of a finished run, as JSON.
   *
   * @param output the run's output
   * @param report what it did
   * @param file where to; it appears as a whole, in place of an earlier one
   * @throws InputException if it cannot be written
   */
  public void writeResult(String output, PruningReport report, String file) {
    operation(
        session -> {
          HadoopStorage storage = session.storage();
          new ResultFile(storage, file).write(RunResult.of(storage.absolute(output), report));
          return file;
        });
  }

  /**
   * Writes the pages of a finished output anew: {@code report.html} and {@code report*.csv} of a
   * pruned model, {@code compare.html} of a comparison.
   *
   * @param output the output of a prune or a compare
   * @return paths of the pages
   */
  public List<String> report(String output) {
    return operation(
        session -> {
          HadoopStorage storage = session.storage();
          return new ResultPages(storage, storage.absolute(output)).write();
        });
  }

  /**
   * Writes a model with zeros, whoever made them, as a smaller one, and checks that it computes the
   * same; or as a GGUF file.
   *
   * @param request what to write
   */
  public ExportResult export(ExportRequest request) {
    progress.runStarted("export " + request.model(), 0);
    return operation(session -> new ExportOperation(session, request).write());
  }

  /**
   * Checks that one model computes what another does, see {@link Verifier}.
   *
   * @param a model folder that is right
   * @param b the one that is checked
   * @param text texts, or files of token windows; empty for drawn tokens
   * @param python the transformers library, or null
   */
  public Verification verify(String a, String b, List<String> text, PythonTransformers python) {
    progress.runStarted("verify " + b, 0);
    return operation(
        session -> {
          String first = session.storage().absolute(a);
          String second = session.storage().absolute(b);
          int[][] windows = text.isEmpty() ? null : windows(session, first, text);
          return new Verifier(session.storage(), ExecutorDevice.shared())
              .verify(first, second, windows, python);
        });
  }

  private int[][] windows(Session session, String folder, List<String> text) {
    RunDirectory run = ScratchDirectory.near(session, folder);
    try (ModelWeights weights = ModelWeights.open(session.storage(), session.model(folder))) {
      ModelConfig config = weights.config();
      Integer context = config.readsImages() ? null : Math.min(128, config.maxPositions());
      WindowsFile windows =
          new WindowBuilder(session, run, folder, config)
              .test(TextFiles.of(session.storage(), text), new CalibrationText(1, context, 0));
      return Windows.read(run, windows, 0, Math.min(4, windows.windows()));
    } finally {
      run.delete();
    }
  }

  /**
   * Lets a model go on with a text.
   *
   * @param model model folder, with a tokenizer
   * @param prompt the text
   * @param tokens most tokens to write
   * @param sampling how they are chosen
   * @param listener told each piece of text as soon as it is there
   * @return what the model wrote
   */
  public String generate(
      String model, String prompt, int tokens, Sampling sampling, Consumer<String> listener) {
    progress.runStarted("generate with " + model, 0);
    return operation(
        session ->
            new SampleTexts(session.storage())
                .generate(session.storage().absolute(model), prompt, tokens, sampling, listener));
  }

  /**
   * What a model folder holds.
   *
   * @param model model folder
   */
  public ModelSummary inspect(String model) {
    progress.runStarted("inspect " + model, 0);
    return operation(session -> Inspection.of(session, session.storage().absolute(model)));
  }

  /**
   * Removes from a run directory what interrupted attempts left and nothing names; what is finished
   * stays, so that the run can go on.
   *
   * @param run the run directory; no living process may work in it
   */
  public CleanedRun clean(String run) {
    return operation(
        session -> {
          HadoopStorage storage = session.storage();
          return new RunCleaner(new RunDirectory(storage, storage.absolute(run))).clean(progress);
        });
  }

  private <T> T operation(Function<Session, T> work) {
    try {
      return work.apply(Session.begin(spark, progress));
    } finally {
      ProcessCache.shared().begin(ProcessCache.Work.OTHER);
    }
  }
}
