package org.llmsurgeon.pipeline.weights;

import java.util.List;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.Session;

/** A head that is stored although the configuration ties it to the embedding. */
public final class StoredHead {
  private StoredHead() {}

  /**
   * Whether there is one, be it the same.
   *
   * @param weights the model
   */
  public static boolean isIn(ModelWeights weights) {
    return !weights.config().tiedHead()
        && Architectures.parse(weights.folder().config(), weights.folder().configPath()).tiedHead();
  }

  /**
   * Tells the user where it differs from the embedding, since then programs that heed the
   * configuration give another perplexity.
   *
   * @param session the operation
   * @param model which model
   * @param weights the same, open
   */
  public static void tell(Session session, ModelRef model, ModelWeights weights) {
    if (!isIn(weights)) {
      return;
    }
    HeadTask task = new HeadTask(model, session.settings());
    if (!session.tasks().run(StageName.of("inspect"), List.of(0), task).value().get(0)) {
      session
          .progress()
          .note(
              weights.config().names().outer().head()
                  + " is stored and differs from the embedding, although config.json ties them: it"
                  + " is used as the head, as transformers 5 does");
    }
  }
}
