package org.llmsurgeon.surgery;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.FactorAccumulator;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.model.LinearTap;
import org.llmsurgeon.model.Targets;

/**
 * Runs calibration windows through a model and gathers the factors of its linear layers (algorithm
 * section 1). Time: one forward and backward pass, and {@code n (n + 1)} flops per token for each
 * factor of size {@code n}. Memory: {@code 4 n (n + 1)} bytes for each.
 */
public final class Calibration {
  private Calibration() {}

  /**
   * What a shard shows.
   *
   * @param windows its tokens, {@code [windows, context]}
   * @param targets what each position should predict; {@code G} is a mean over the draws
   */
  public record Data(int[][] windows, Targets targets) {
    /**
     * Tokens whose targets are their own next ones.
     *
     * @param windows {@code [windows, context]}
     */
    public Data(int[][] windows) {
      this(windows, Targets.OF_TEXT);
    }

    private long tokens() {
      return Arrays.stream(windows).mapToLong(window -> window.length).sum();
    }
  }

  /**
   * The factors of one shard.
   *
   * @param model the model as it is now
   * @param data the shard's tokens
   * @param curvature what to gather; {@code ACTIVATIONS} needs no backward pass
   * @param wanted which factors to gather: all, or those of a layer group that fits the memory
   * @throws org.llmsurgeon.compute.NonFiniteException if a sum is not finite, naming layer and
   *     factor
   */
  public static ShardFactors accumulate(
      LanguageModel model, Data data, CurvatureKind curvature, Predicate<FactorKey> wanted) {
    try (Tap tap = new Tap(model, curvature, wanted)) {
      double[] losses = new double[0];
      if (curvature == CurvatureKind.KFAC) {
        losses = model.calibrate(data.windows(), data.targets(), tap);
      } else if (curvature == CurvatureKind.ACTIVATIONS) {
        model.forward(data.windows(), tap);
      }
      return new ShardFactors(tap.rounded(data.targets().draws()), data.tokens(), losses);
    }
  }

  /** Adds what the layers show to the accumulators of the wanted factors. */
  private static final class Tap implements LinearTap, AutoCloseable {
    private final Device device;
    private final Map<FactorKey, FactorAccumulator> sums = new LinkedHashMap<>();

    Tap(LanguageModel model, CurvatureKind curvature, Predicate<FactorKey> wanted) {
      device = model.device();
      for (FactorKey key : FactorPlan.keys(model.config(), curvature)) {
        if (wanted.test(key)) {
          sums.put(key, null);
        }
      }
    }

    @Override
    public void inputs(List<LinearShape> layers, Tensor input) {
      LinearShape first = layers.get(0);
      add(FactorPlan.a(first), input, first.bias());
    }

    @Override
    public void outputGradients(LinearShape layer, Tensor gradient) {
      add(FactorPlan.g(layer), gradient, false);
    }

    private void add(FactorKey key, Tensor rows, boolean bias) {
      if (sums.containsKey(key)) {
        sums.computeIfAbsent(key, missing -> new FactorAccumulator(device, rows.columns(), bias))
            .add(rows);
      }
    }

    /** Sums in single precision; each double one is given back before the next is rounded. */
    Map<FactorKey, Tensor> rounded(int draws) {
      Map<FactorKey, Tensor> rounded = new LinkedHashMap<>();
      for (Map.Entry<FactorKey, FactorAccumulator> each : sums.entrySet()) {
        FactorKey key = each.getKey();
        try (FactorAccumulator sum = each.getValue()) {
          sum.checkFinite(key.layer(), key.kind().name());
          if (key.kind() == FactorKind.G && draws > 1) {
            device.scale(1.0 / draws, sum.sum());
          }
          Tensor packed = device.empty(Precision.SINGLE, 1, sum.sum().columns());
          device.copy(sum.sum(), packed);
          rounded.put(key, packed);
        }
        each.setValue(null);
      }
      return rounded;
    }

    @Override
    public void close() {
      sums.values().stream().filter(sum -> sum != null).forEach(FactorAccumulator::close);
    }
  }
}
