package org.llmsurgeon.pipeline.analyse;

import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.CheckpointNames;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.surgery.calibrate.FactorPass;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.recipe.CurvatureRule;

/** Looks into a model folder without running the model. */
public final class Inspection {
  private Inspection() {}

  /**
   * Summarises a model; a task per layer counts zeros.
   *
   * @param session the operation
   * @param folder absolute path of the model folder
   */
  public static ModelSummary of(Session session, String folder) {
    try (ModelWeights weights = ModelWeights.open(session.storage(), session.model(folder))) {
      ModelConfig config = weights.config();
      List<Integer> indices = IntStream.range(0, config.linears().size()).boxed().toList();
      List<ModelSummary.Layer> layers =
          session
              .tasks()
              .run(
                  StageName.of("inspect"),
                  indices,
                  new InspectTask(session.model(folder), session.settings()))
              .value();
      return summary(weights, head(session, folder, weights), layers);
    }
  }

  private static ModelSummary.Head head(Session session, String folder, ModelWeights weights) {
    ModelConfig config = weights.config();
    if (config.tiedHead()) {
      CheckpointNames names = CheckpointNames.of(config, weights.folder()::contains);
      return new ModelSummary.Head(
          names.stored(config.embeddingName()), 0, ModelSummary.Head.Kind.TIED);
    }
    String head = config.names().head();
    long parameters = (long) config.vocabulary() * config.hidden();
    boolean meant =
        Architectures.parse(weights.folder().config(), weights.folder().configPath()).tiedHead();
    if (!meant) {
      return new ModelSummary.Head(head, parameters, ModelSummary.Head.Kind.OWN);
    }
    HeadTask task = new HeadTask(session.model(folder), session.settings());
    boolean equal = session.tasks().run(StageName.of("inspect"), List.of(0), task).value().get(0);
    return equal
        ? new ModelSummary.Head(head, 0, ModelSummary.Head.Kind.EQUAL)
        : new ModelSummary.Head(head, parameters, ModelSummary.Head.Kind.DIFFERENT);
  }

  private static ModelSummary summary(
      ModelWeights weights, ModelSummary.Head head, List<ModelSummary.Layer> layers) {
    ModelConfig config = weights.config();
    long twice =
        head.kind() == ModelSummary.Head.Kind.EQUAL
            ? (long) config.vocabulary() * config.hidden()
            : 0;
    return new ModelSummary(
        config.architecture(),
        weights.folder().dtype().name(),
        config.blockCount(),
        config.hidden(),
        config.heads(),
        config.keyValueHeads(),
        config.headDimension(),
        config.vocabulary(),
        config.maxPositions(),
        head,
        parameters(config) - twice,
        layers.stream().mapToLong(ModelSummary.Layer::weights).sum(),
        layers.stream().mapToLong(ModelSummary.Layer::zeros).sum(),
        factorBytes(config),
        config.blocks(),
        layers);
  }

  /** Sums of KFAC while they are gathered. */
  private static long factorBytes(ModelConfig config) {
    FactorPass pass = FactorPlan.passes(CurvatureRule.DEFAULT).get(0);
    return pass.keys(config).stream().mapToLong(key -> pass.bytes(config, key)).sum();
  }

  private static long parameters(ModelConfig config) {
    long parameters = 0;
    for (int[] shape : LanguageModel.tensors(config).values()) {
      long elements = 1;
      for (int size : shape) {
        elements *= size;
      }
      parameters += elements;
    }
    return parameters;
  }
}
