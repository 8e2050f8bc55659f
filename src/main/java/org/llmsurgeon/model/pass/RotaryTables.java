package org.llmsurgeon.model.pass;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Rotary;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.RotaryPositions;

/**
 * Sines and cosines of all positions up to a length, for each kind of positions that a network has,
 * computed in double and rounded once. They stay on the device until this is closed, and serve all
 * runs of a network; a longer sequence than any before makes new ones of twice the length. Safe for
 * use by several threads.
 */
public final class RotaryTables implements AutoCloseable {
  private final ModelConfig config;
  private final Device device;
  private final Precision precision;
  private final TensorScope scope;
  private final Map<Key, Rotary> tables = new HashMap<>();

  /**
   * What a table depends on.
   *
   * @param kind which positions
   * @param frequencies as text: scalings may depend on the length of the sequences
   * @param positions how many it has, a power of two
   */
  private record Key(RotaryPositions kind, String frequencies, int positions) {}

  /**
   * @param config whose positions
   * @param device where the tables live
   * @param precision number format of the network
   */
  public RotaryTables(ModelConfig config, Device device, Precision precision) {
    this.config = config;
    this.device = device;
    this.precision = precision;
    this.scope = new TensorScope(device);
  }

  /**
   * The tables for sequences of a length, in the order of the configuration.
   *
   * @param length tokens
   */
  public synchronized List<Rotary> forLength(int length) {
    return config.attention().rotary().stream()
        .map(kind -> forLength(kind, length))
        .map(table -> new Rotary(table.cosine(), table.sine(), length, config.headDimension()))
        .toList();
  }

  private Rotary forLength(RotaryPositions kind, int length) {
    double[] frequencies = kind.frequencies(length);
    int positions = length < 2 ? 1 : Integer.highestOneBit(length - 1) << 1;
    return tables.computeIfAbsent(
        new Key(kind, Arrays.toString(frequencies), positions),
        key -> table(kind, frequencies, positions));
  }

  private Rotary table(RotaryPositions kind, double[] frequencies, int positions) {
    double[] cosines = new double[Math.multiplyExact(positions, frequencies.length)];
    double[] sines = new double[cosines.length];
    for (int position = 0; position < positions; position++) {
      for (int d = 0; d < frequencies.length; d++) {
        double angle = position * frequencies[d];
        cosines[position * frequencies.length + d] = Math.cos(angle) * kind.factor();
        sines[position * frequencies.length + d] = Math.sin(angle) * kind.factor();
      }
    }
    Tensor cosine = scope.own(device.tensor(precision, positions, frequencies.length, cosines));
    Tensor sine = scope.own(device.tensor(precision, positions, frequencies.length, sines));
    return new Rotary(cosine, sine, positions, config.headDimension());
  }

  @Override
  public synchronized void close() {
    scope.close();
  }
}
