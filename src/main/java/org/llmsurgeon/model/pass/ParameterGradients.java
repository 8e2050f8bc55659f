package org.llmsurgeon.model.pass;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;

/**
 * Sums of gradients with respect to some or all parameters of a model, by their checkpoint names.
 * Each tensor has its parameter's shape ({@code [1, n]} for a vector). In {@link Precision#DOUBLE}
 * the sum over batches is kept in double; each batch's part is in the model's precision.
 */
public final class ParameterGradients implements AutoCloseable {
  private final Device device;
  private final Map<String, Tensor> sums = new LinkedHashMap<>();

  private ParameterGradients(Device device) {
    this.device = device;
  }

  /**
   * Zero gradients.
   *
   * @param device where the sums live
   * @param precision their number format
   * @param weights the parameters, whose shapes the sums have
   */
  public static ParameterGradients zeros(
      Device device, Precision precision, Map<String, Tensor> weights) {
    ParameterGradients gradients = new ParameterGradients(device);
    weights.forEach(
        (name, weight) ->
            gradients.sums.put(name, device.zeros(precision, weight.rows(), weight.columns())));
    return gradients;
  }

  /** The parameters, in the order in which they were asked for. */
  public Set<String> names() {
    return sums.keySet();
  }

  /**
   * The sum for a parameter.
   *
   * @param name its checkpoint name
   * @throws IllegalArgumentException where it was not asked for
   */
  public Tensor of(String name) {
    Tensor sum = sums.get(name);
    if (sum == null) {
      throw new IllegalArgumentException("no gradient is kept for " + name);
    }
    return sum;
  }

  /**
   * Whether a parameter was asked for.
   *
   * @param name its checkpoint name
   */
  public boolean contains(String name) {
    return sums.containsKey(name);
  }

  /** Sets all sums to zero. */
  public void clear() {
    sums.values().forEach(sum -> device.scale(0, sum));
  }

  @Override
  public void close() {
    sums.values().forEach(Tensor::close);
  }
}
