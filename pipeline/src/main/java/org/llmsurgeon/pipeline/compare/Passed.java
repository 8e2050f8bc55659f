package org.llmsurgeon.pipeline.compare;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.cut.GoneTask;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.surgery.choose.AlreadyGone;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Targets that a model has passed before it is pruned; its zeros are counted once for each sense.
 */
final class Passed {
  private final Session session;
  private final String model;
  private final ModelWeights dense;
  private final Map<List<Object>, List<Long>> counted = new HashMap<>();

  /**
   * @param session the operation
   * @param model absolute path of the model folder
   * @param dense the model
   */
  Passed(Session session, String model, ModelWeights dense) {
    this.session = session;
    this.model = model;
    this.dense = dense;
  }

  /**
   * Why a run would do nothing.
   *
   * @param variant one that can be done
   * @return one sentence; empty where more is to go than is gone
   */
  Optional<String> refusal(Variant variant) {
    Recipe recipe = variant.recipe();
    List<Object> sense =
        List.of(recipe.structures(), recipe.layers(), recipe.elements().keepBias());
    List<Long> gone = counted.computeIfAbsent(sense, none -> count(recipe));
    try {
      new AlreadyGone(dense.config(), recipe).requireLess(Variant.share(recipe, dense), gone);
      return Optional.empty();
    } catch (InputException passed) {
      return Optional.of(passed.getMessage());
    }
  }

  private List<Long> count(Recipe recipe) {
    List<Integer> layers = IntStream.range(0, dense.config().linears().size()).boxed().toList();
    GoneTask task = new GoneTask(session.model(model), recipe, session.settings());
    return session.tasks().run(StageName.of("inspect"), layers, task).value();
  }
}
