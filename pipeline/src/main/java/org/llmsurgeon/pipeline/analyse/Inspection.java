package org.llmsurgeon.pipeline.analyse;

import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.ObjectiveChoice;
import org.llmsurgeon.model.weights.CheckpointNames;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.weights.HeadTask;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pipeline.weights.StoredHead;
import org.llmsurgeon.surgery.calibrate.FactorPass;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.recipe.CurvatureRule;

/** Looks into a model folder without running the model. */
public final class Inspection {
  private Inspection() {}

  /**
   * Who looks at the weights.
   *
   * @param layers counts the zeros of all layers, in order, given how many there are
   * @param equalHead whether the head that is stored beside the embedding is the same
   */
  private record Look(IntFunction<List<ModelSummary.Layer>> layers, BooleanSupplier equalHead) {}

  /**
   * Summarises a model; a task per layer counts zeros.
   *
   * @param session the operation
   * @param folder absolute path of the model folder
   */
  public static ModelSummary of(Session session, String folder) {
    ModelRef model = session.model(folder);
    InspectTask zeros = new InspectTask(model, session.settings());
    HeadTask head = new HeadTask(model, session.settings());
    StageName stage = StageName.of("inspect");
    return of(
        session.storage(),
        model,
        new Look(
            count -> session.tasks().run(stage, indices(count), zeros).value(),
            () -> session.tasks().run(stage, List.of(0), head).value().get(0)));
  }

  /**
   * Summarises a model on the cores of this machine, without Spark.
   *
   * @param folder the model folder, on any Hadoop file system
   */
  public static ModelSummary here(String folder) {
    HadoopSettings settings = HadoopSettings.of(new Configuration());
    HadoopStorage storage = settings.storage();
    ModelRef model =
        new ModelRef("inspect", storage.absolute(folder), null, null, ObjectiveChoice.DEFAULT);
    InspectTask zeros = new InspectTask(model, settings);
    HeadTask head = new HeadTask(model, settings);
    return of(
        storage,
        model,
        new Look(
            count -> indices(count).parallelStream().map(each -> zeros.apply(each, "")).toList(),
            () -> head.apply(0, "")));
  }

  private static List<Integer> indices(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  private static ModelSummary of(HadoopStorage storage, ModelRef model, Look look) {
    try (ModelWeights weights = ModelWeights.open(storage, model)) {
      List<ModelSummary.Layer> layers = look.layers.apply(weights.config().linears().size());
      return summary(weights, head(weights, look), layers);
    }
  }

  private static ModelSummary.Head head(ModelWeights weights, Look look) {
    ModelConfig config = weights.config();
    if (config.tiedHead()) {
      CheckpointNames names = CheckpointNames.of(config, weights.folder()::contains);
      return new ModelSummary.Head(
          names.stored(config.embeddingName()), 0, ModelSummary.Head.Kind.TIED);
    }
    String head = config.names().outer().head();
    long parameters = (long) config.ends().outputs() * config.hidden();
    if (!StoredHead.isIn(weights)) {
      return new ModelSummary.Head(head, parameters, ModelSummary.Head.Kind.OWN);
    }
    return look.equalHead.getAsBoolean()
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
        new ModelSummary.Shape(
            config.blockCount(),
            config.hidden(),
            config.heads(),
            config.keyValueHeads(),
            config.headDimension(),
            config.vocabulary(),
            config.maxPositions(),
            config.readsImages() ? config.ends().images().shape() : null),
        head,
        new ModelSummary.Counts(
            parameters(config) - twice,
            layers.stream().mapToLong(ModelSummary.Layer::weights).sum(),
            layers.stream().mapToLong(ModelSummary.Layer::zeros).sum(),
            factorBytes(config)),
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
