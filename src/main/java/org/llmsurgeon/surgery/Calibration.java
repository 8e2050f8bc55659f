package org.llmsurgeon.surgery;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.Targets;

/**
 * Runs calibration windows through a model and gathers the factors of its linear layers (algorithm
 * section 1). Time: one forward and backward pass, and {@code n (n + 1)} flops per token for each
 * factor of size {@code n}. Memory: {@code 4 n (n + 1)} bytes for each.
 */
public final class Calibration {
  private final LanguageModel model;
  private final FactorPass pass;
  private final FactorSource earlier;

  /**
   * @param model the model as it is now
   * @param pass what to gather
   * @param earlier what the passes before have given; not used by a pass without weights
   */
  public Calibration(LanguageModel model, FactorPass pass, FactorSource earlier) {
    this.model = model;
    this.pass = pass;
    this.earlier = earlier;
  }

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
   * The sums of one shard.
   *
   * @param data the shard's tokens
   * @param wanted which sums to gather: all, or those of a group that fits the memory
   * @throws org.llmsurgeon.compute.NonFiniteException if a sum is not finite, naming layer and
   *     factor
   */
  public ShardFactors accumulate(Data data, Predicate<FactorKey> wanted) {
    List<FactorKey> keys = pass.keys(model.config()).stream().filter(wanted).toList();
    try (CalibrationSums sums = sums(keys)) {
      double[] losses = new double[0];
      if (pass.backward()) {
        losses = model.calibrate(data.windows(), data.targets(), sums);
      } else {
        model.forward(data.windows(), sums);
      }
      return new ShardFactors(sums.rounded(data.targets().draws()), data.tokens(), losses);
    }
  }

  private CalibrationSums sums(List<FactorKey> keys) {
    if (pass.gathers() == FactorPass.Gathers.EIGENVALUES) {
      return new EigenvalueSums(model.device(), keys, earlier);
    }
    return pass.weighted()
        ? new WeightedSums(model.device(), pass, keys, earlier)
        : new PlainSums(model.device(), keys);
  }
}
