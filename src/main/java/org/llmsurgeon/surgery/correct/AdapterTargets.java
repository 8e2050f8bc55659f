package org.llmsurgeon.surgery.correct;

import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Which layers of a model get adapters: those that may be pruned. The others keep their weights bit
 * for bit.
 *
 * @param layers in the model's order
 * @param rank of their adapters; never more than a layer's width
 */
public record AdapterTargets(List<LinearShape> layers, int rank) {
  /** Copies the layers. */
  public AdapterTargets {
    layers = List.copyOf(layers);
  }

  /**
   * What a recipe corrects.
   *
   * @param recipe with the rank, and the layers that may be touched
   * @param config the model
   */
  public static AdapterTargets of(Recipe recipe, ModelConfig config) {
    return new AdapterTargets(
        config.linears().stream().filter(recipe.layers()::touches).toList(),
        recipe.correction().rank());
  }

  /**
   * Adapters that are all zero.
   *
   * @param device where they live
   * @param precision number format
   */
  public Adapters zeros(Device device, Precision precision) {
    return Adapters.zeros(device, layers, rank, precision);
  }

  /** Numbers in all adapters. */
  public long numbers() {
    return layers.stream()
        .mapToLong(layer -> (long) Adapters.rank(layer, rank) * (layer.outputs() + layer.inputs()))
        .sum();
  }
}
