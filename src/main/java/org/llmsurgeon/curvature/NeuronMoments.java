package org.llmsurgeon.curvature;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;

/**
 * How large the neurons of a gated MLP would be on average if what they read were normally
 * distributed, with the second moments {@code A} that it was seen to have (ours; method, section
 * 6). A neuron is {@code activation(a) u}, with {@code a = w . x} and {@code u} two products; with
 * ReLU for the activation, and without means,
 *
 * <pre>
 * E[n^2] = 1/2 (E[a^2] E[u^2] + 2 E[a u]^2)
 * </pre>
 *
 * by Isserlis' theorem, and since {@code a > 0} in half of the cases.
 *
 * <p>Real inputs are far from normal: most neurons are seen to do a quarter to twice as much. But a
 * neuron that was seen to do a hundredth of it waits for an input that the data does not have.
 */
public final class NeuronMoments {
  private NeuronMoments() {}

  /**
   * Mean squares of neurons.
   *
   * @param device where everything lives
   * @param a mean of {@code x x^T}, {@code [in, in]} in double, the bias entry last
   * @param gate {@code [neurons, in]} in double: what goes through the activation
   * @param up {@code [neurons, in]} in double
   * @return {@code [neurons]}
   */
  public static double[] gated(Device device, Tensor a, Tensor gate, Tensor up) {
    try (TensorScope work = new TensorScope(device)) {
      Tensor product = product(work, gate, a);
      double[] gates = device.rowDots(product, gate);
      double[] both = device.rowDots(product, up);
      double[] ups = device.rowDots(product(work, up, a), up);
      for (int i = 0; i < gates.length; i++) {
        gates[i] = (gates[i] * ups[i] + 2 * both[i] * both[i]) / 2;
      }
      return gates;
    }
  }

  private static Tensor product(TensorScope work, Tensor weight, Tensor a) {
    Tensor product = work.empty(Precision.DOUBLE, weight.rows(), a.columns());
    work.device().multiply(1, weight, a, 0, product);
    return product;
  }
}
