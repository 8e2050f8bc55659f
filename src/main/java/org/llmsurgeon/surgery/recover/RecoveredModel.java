package org.llmsurgeon.surgery.recover;

import java.util.List;
import java.util.stream.Stream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.Distillation;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.MemoryLimits;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.pass.ParameterGradients;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * A pruned model whose layers are trained, with the dense one beside it where its distribution is
 * to be met: losses, and gradients of the layers. Memory: the model, and the dense one.
 */
public final class RecoveredModel implements AutoCloseable {
  private final LanguageModel model;
  private final LanguageModel teacher;
  private final List<LinearShape> layers;

  private RecoveredModel(LanguageModel model, LanguageModel teacher, List<LinearShape> layers) {
    this.model = model;
    this.teacher = teacher;
    this.layers = layers;
  }

  /**
   * Which layers of a model are trained: those that may be pruned, in the model's order. All else
   * stays as it is, bit for bit.
   *
   * @param recipe how to prune
   * @param config the model
   */
  public static List<LinearShape> layers(Recipe recipe, ModelConfig config) {
    return config.linears().stream().filter(recipe.layers()::touches).toList();
  }

  /**
   * Loads a model.
   *
   * @param pruned its weights
   * @param layers which are trained
   * @param device where to run it
   * @param limits memory that a pass may take
   * @param teacher the dense model; null for the cross-entropy of the next tokens. Closed with this
   */
  public static RecoveredModel load(
      Pruned pruned,
      List<LinearShape> layers,
      Device device,
      MemoryLimits limits,
      LanguageModel teacher) {
    WeightSource own = pruned.weights().writable();
    LanguageModel model = LanguageModel.load(pruned.config(), own, device, limits);
    return new RecoveredModel(model, teacher, layers);
  }

  /**
   * A model as it was cut.
   *
   * @param config the model
   * @param weights its weights
   */
  public record Pruned(ModelConfig config, WeightSource weights) {}

  /** The layers that are trained. */
  public List<LinearShape> layers() {
    return layers;
  }

  /**
   * Live tensors of the layers that are trained, layer after layer, each its weight and its bias
   * where it has one. Nobody may use the model while they change.
   */
  public List<Tensor> weights() {
    return names().stream().map(model::weight).toList();
  }

  private List<String> names() {
    return layers.stream()
        .flatMap(
            layer ->
                layer.bias()
                    ? Stream.of(layer.weightName(), layer.biasName())
                    : Stream.of(layer.weightName()))
        .toList();
  }

  /**
   * What a part of a step's windows says.
   *
   * @param gradients of the sum of the windows' losses, single precision, in the order of {@link
   *     #weights}
   * @param losses of each window, nats per token
   * @param owner of the gradients
   */
  public record Part(List<Tensor> gradients, double[] losses, ParameterGradients owner)
      implements AutoCloseable {
    @Override
    public void close() {
      owner.close();
    }
  }

  /**
   * Gradients of the sum of some windows' losses. Several threads may ask at the same time.
   *
   * @param windows tokens, {@code [windows, context]}
   * @return owned by the caller
   */
  public Part gradients(int[][] windows) {
    List<String> names = names();
    ParameterGradients sums = model.zeroGradients(Precision.SINGLE, names);
    try {
      double[] losses =
          teacher == null
              ? model.gradients(windows, 1, sums)
              : new Distillation(model, teacher).gradients(windows, 1, sums);
      return new Part(names.stream().map(sums::of).toList(), losses, sums);
    } catch (RuntimeException failure) {
      sums.close();
      throw failure;
    }
  }

  /**
   * Losses, forward only.
   *
   * @param windows tokens, {@code [windows, context]}
   * @return of each window, nats per token
   */
  public double[] losses(int[][] windows) {
    return teacher == null
        ? model.losses(windows)
        : new Distillation(model, teacher).divergences(windows);
  }

  @Override
  public void close() {
    model.close();
    if (teacher != null) {
      teacher.close();
    }
  }
}
