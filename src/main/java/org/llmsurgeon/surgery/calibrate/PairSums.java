package org.llmsurgeon.surgery.calibrate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearShape;

/**
 * Sums of a pass that needs a token's input and gradient together, each opened when its layer is
 * first seen.
 *
 * @param <S> what gathers one sum
 */
abstract class PairSums<S> implements CalibrationSums {
  private final Device device;
  private final Map<FactorKey, S> sums = new LinkedHashMap<>();

  PairSums(Device device, List<FactorKey> keys) {
    this.device = device;
    keys.forEach(key -> sums.put(key, null));
  }

  /** The sum that a layer belongs to. */
  abstract FactorKey key(LinearShape layer);

  /** A new sum for a layer. */
  abstract S open(LinearShape layer);

  /** Adds some tokens to a layer's sum. */
  abstract void add(S sum, LinearShape layer, Tensor input, Tensor gradient);

  /**
   * The sum over all tokens, in double.
   *
   * @return the accumulator's own memory, {@code [1, n]} or as many numbers in another shape
   */
  abstract Tensor total(FactorKey key, S sum);

  /** What is summed, for messages. */
  abstract String description(FactorKey key);

  /** Gives a sum back. */
  abstract void close(S sum);

  @Override
  public final void inputs(List<LinearShape> layers, Tensor input) {}

  @Override
  public final void outputGradients(LinearShape layer, Tensor gradient) {}

  @Override
  public final boolean readsPairs() {
    return true;
  }

  @Override
  public final void pair(LinearShape layer, Tensor input, Tensor gradient) {
    FactorKey key = key(layer);
    if (sums.containsKey(key)) {
      add(sums.computeIfAbsent(key, missing -> open(layer)), layer, input, gradient);
    }
  }

  @Override
  public final void finish(List<FactorKey> keys, int draws, SumReceiver receiver) {
    for (FactorKey key : keys) {
      S sum = sums.get(key);
      if (sum == null) {
        // An expert that no token reached.
        receiver.take(key, device.zeros(Precision.SINGLE, 1, Math.toIntExact(key.packedSize())));
        continue;
      }
      Tensor total = total(key, sum);
      NonFiniteException.check(device, total, key.layer(), description(key));
      device.scale(1.0 / draws, total);
      int elements = Math.toIntExact(total.size());
      Tensor row = device.empty(Precision.SINGLE, 1, elements);
      device.copy(total.reshape(1, elements), row);
      sums.remove(key);
      close(sum);
      receiver.take(key, row);
    }
  }

  @Override
  public void close() {
    sums.values().stream().filter(sum -> sum != null).forEach(this::close);
  }
}
