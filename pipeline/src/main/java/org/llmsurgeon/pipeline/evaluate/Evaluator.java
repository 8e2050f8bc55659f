package org.llmsurgeon.pipeline.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.pipeline.cluster.RunFailedException;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.run.Evaluation;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.pipeline.text.Windows;
import org.llmsurgeon.surgery.evaluate.Measure;

/** Measures some weights on the test windows of a run (method, section 8). */
public final class Evaluator {
  private static final int MOST_WINDOWS = 8;
  private static final int MOST_TOKENS = 8192;

  private final Session session;
  private final RunDirectory run;
  private final WindowsFile windows;
  private final Objective objective;

  /**
   * An evaluator.
   *
   * @param session the operation
   * @param run run directory
   * @param windows test windows, or null: then all perplexities are null
   * @param objective what the model is to do
   */
  public Evaluator(Session session, RunDirectory run, WindowsFile windows, Objective objective) {
    this.session = session;
    this.run = run;
    this.windows = windows;
    this.objective = objective;
  }

  /**
   * Evaluates some weights.
   *
   * @param stage name of the stage
   * @param model which weights
   * @throws RunFailedException if the perplexity is not finite
   */
  public Evaluation evaluate(StageName stage, ModelRef model) {
    if (windows == null) {
      return new Evaluation(null, Map.of(), 0);
    }
    Timed<List<double[][]>> measured =
        session
            .tasks()
            .run(
                stage,
                ranges(windows.windows(), windows.context()),
                new EvaluateTask(model, run.path(), windows, session.settings()));
    List<double[]> all = measured.value().stream().flatMap(Arrays::stream).toList();
    Measure measure = measure(all);
    if (!Double.isFinite(measure.perplexity())) {
      throw new RunFailedException(
          stage.description() + ": the perplexity is " + measure.perplexity() + ".");
    }
    return new Evaluation(measure.perplexity(), measure.scores(), measured.seconds());
  }

  private Measure measure(List<double[]> all) {
    if (objective.hasAnswers()) {
      return Measure.of(objective, all, List.of());
    }
    boolean pairs = objective.pair(Windows.read(run, windows, 0, 1)[0]) != null;
    return pairs
        ? Measure.ofPairs(objective, all, dense(all))
        : Measure.of(objective, all, dense(all));
  }

  /**
   * What the first model that is evaluated in a run makes of the windows: that is the dense one.
   */
  private List<double[]> dense(List<double[]> own) {
    return run.finished(RunDirectory.DENSE_EMBEDDINGS, Embeddings.class)
        .orElseGet(
            () -> {
              Embeddings first = new Embeddings(own);
              run.commit(RunDirectory.DENSE_EMBEDDINGS, first);
              return first;
            })
        .windows();
  }

  /**
   * Embeddings of the test windows.
   *
   * @param windows of each
   */
  record Embeddings(List<double[]> windows) {}

  /**
   * Evaluates the weights after a shot, where that is not done yet.
   *
   * @param stage name of the stage
   * @param model which weights
   * @param shot from 1; 0 for the dense model
   */
  public Evaluation afterShot(StageName stage, ModelRef model, int shot) {
    return kept(stage, model, Evaluation.path(shot));
  }

  /**
   * Evaluates some weights, where that is not done yet.
   *
   * @param stage name of the stage
   * @param model which weights
   * @param path where the result is kept, relative to the run directory
   */
  public Evaluation kept(StageName stage, ModelRef model, String path) {
    return run.finished(path, Evaluation.class)
        .orElseGet(
            () -> {
              Evaluation evaluation = evaluate(stage, model);
              run.commit(path, evaluation);
              return evaluation;
            });
  }

  /**
   * The tasks of an evaluation.
   *
   * @param windows how many windows
   * @param context tokens of each
   */
  public static List<EvaluateTask.Range> ranges(int windows, int context) {
    int size = Math.max(1, Math.min(MOST_WINDOWS, MOST_TOKENS / context));
    List<EvaluateTask.Range> ranges = new ArrayList<>();
    for (int from = 0; from < windows; from += size) {
      ranges.add(new EvaluateTask.Range(from, Math.min(from + size, windows)));
    }
    return ranges;
  }
}
