package org.llmsurgeon.surgery.local;

import java.util.HashMap;
import java.util.Map;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.operate.LayerWeight;

/**
 * Weights of which some layers are replaced.
 *
 * @param base the others
 * @param layers new weights by module name
 */
public record LayeredWeights(WeightSource base, Map<String, LayerWeight> layers)
    implements WeightSource {
  /** With more layers replaced. */
  public LayeredWeights with(Map<String, LayerWeight> more) {
    Map<String, LayerWeight> all = new HashMap<>(layers);
    all.putAll(more);
    return new LayeredWeights(base, all);
  }

  @Override
  public boolean contains(String name) {
    return base.contains(name);
  }

  @Override
  public int[] shape(String name) {
    return base.shape(name);
  }

  @Override
  public Tensor load(String name, Device target) {
    LayerWeight layer = layers.get(name.substring(0, Math.max(0, name.lastIndexOf('.'))));
    if (layer == null) {
      return base.load(name, target);
    }
    Tensor from = name.endsWith(".bias") ? layer.bias() : layer.weight();
    Tensor copy = target.empty(from.precision(), from.rows(), from.columns());
    target.copy(from, copy);
    return copy;
  }
}
