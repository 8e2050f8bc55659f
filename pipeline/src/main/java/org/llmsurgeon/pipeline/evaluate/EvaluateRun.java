package org.llmsurgeon.pipeline.evaluate;

import java.util.List;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.run.Evaluation;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ScratchDirectory;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.pipeline.text.TextFiles;
import org.llmsurgeon.pipeline.text.WindowBuilder;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pipeline.weights.StoredHead;

/** Measures a model on data that is given. */
public final class EvaluateRun {
  private final Session session;
  private final EvaluateRequest request;
  private final String folder;

  /**
   * @param session the operation
   * @param request which model, and on what
   */
  public EvaluateRun(Session session, EvaluateRequest request) {
    this.session = session;
    this.request = request;
    this.folder = session.storage().absolute(request.model());
  }

  /**
   * Measures.
   *
   * @throws InputException if a model of vectors has none to be compared with, or another has one
   */
  public EvaluationResult run() {
    RunDirectory run = ScratchDirectory.near(session, folder);
    try (ModelWeights weights = ModelWeights.open(session.storage(), session.model(folder))) {
      StoredHead.tell(session, session.model(folder), weights);
      ModelConfig config = weights.config();
      List<String> files = TextFiles.of(session.storage(), request.test());
      WindowBuilder builder = new WindowBuilder(session, run, folder, config);
      builder.requireColumns(List.of(), files, request.recipe().calibration());
      String reference = reference(config, builder.arePairs(files, request.recipe().calibration()));
      WindowsFile windows = builder.test(files, request.recipe().calibration());
      Evaluator evaluator = new Evaluator(session, run, windows, config.objective());
      if (reference != null) {
        // What is measured first in a run is what the others are compared with
        evaluator.evaluate(StageName.of("evaluate"), session.model(reference));
      }
      Evaluation evaluation = evaluator.evaluate(StageName.of("evaluate"), session.model(folder));
      return new EvaluationResult(
          evaluation.perplexity(),
          evaluation.scores(),
          windows.tokens(),
          windows.windows(),
          windows.context());
    } finally {
      run.delete();
    }
  }

  private String reference(ModelConfig config, boolean pairs) {
    boolean needed = !config.objective().hasAnswers();
    if (request.reference() == null) {
      if (needed && !pairs) {
        throw new InputException(
            folder
                + " makes vectors, which are right where they are another model's; give --reference"
                + " with the folder of the model before pruning, or as --test pairs of texts with"
                + " a score.");
      }
      return null;
    }
    if (!needed) {
      throw new InputException(
          "--reference is what vectors are compared with, and the objective "
              + config.objective().label()
              + " makes none; leave it out.");
    }
    String reference = session.storage().absolute(request.reference());
    try (ModelWeights other = ModelWeights.open(session.storage(), session.model(reference))) {
      boolean same =
          other.config().hidden() == config.hidden()
              && other.config().vocabulary() == config.vocabulary();
      if (!same) {
        throw new InputException(
            "%s has vectors of %d numbers and %d tokens, %s of %d and %d; give the model before"
                    .formatted(
                        reference,
                        other.config().hidden(),
                        other.config().vocabulary(),
                        folder,
                        config.hidden(),
                        config.vocabulary())
                + " pruning.");
      }
    }
    return reference;
  }
}
