package org.llmsurgeon.surgery;

import java.util.List;
import java.util.stream.DoubleStream;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.model.ModelConfig;

/**
 * Refits the layers of a pruned model to the dense one, input group by input group in the order in
 * which data goes through them: each on what it reads when all before it are refitted. A block's
 * refits are kept only if the loss of the calibration windows falls, so the model is never worse on
 * them than before.
 */
public final class Reconstruction {
  private Reconstruction() {}

  /**
   * A pass over all calibration windows.
   *
   * @param loss mean of the windows' losses, nats per token
   * @param moments what the layers of the group read; not after the last group. Valid until the
   *     next pass
   * @param <M> moments, in this process or in files
   */
  public record Measured<M>(double loss, M moments) {}

  /**
   * Does the work, in this process or on many machines.
   *
   * @param <S> a state of the weights
   * @param <M> moments of a group
   */
  public interface Work<S, M> {
    /**
     * Looks at a group.
     *
     * @param state the weights
     * @param group its position among {@link PairedMoments#groups}; their number for the loss alone
     */
    Measured<M> measure(S state, int group);

    /**
     * Refits the layers of a group.
     *
     * @param state the weights
     * @param group its position
     * @param moments what its layers read
     * @return the weights with this group refitted
     */
    S refit(S state, int group, M moments);

    /**
     * Told at the end of a block which of two states goes on.
     *
     * @param kept goes on
     * @param dropped is not needed any more
     */
    void decided(S kept, S dropped);
  }

  /**
   * What was done.
   *
   * @param blocks blocks of the model
   * @param kept blocks whose refit is kept
   * @param lossBefore of the calibration windows, nats per token
   * @param lossAfter of the calibration windows, nats per token
   */
  public record Result(int blocks, int kept, double lossBefore, double lossAfter) {}

  /**
   * The weights after, and how it went.
   *
   * @param state the weights
   * @param result how it went
   * @param <S> a state of the weights
   */
  public record Outcome<S>(S state, Result result) {}

  /**
   * Mean of the losses of all windows.
   *
   * @param shards losses of each window, shard by shard in order
   */
  public static double meanLoss(List<double[]> shards) {
    return shards.stream().flatMapToDouble(DoubleStream::of).average().orElseThrow();
  }

  /**
   * Goes through all groups.
   *
   * @param state the pruned weights
   * @param config the model
   * @param work does the work
   */
  public static <S, M> Outcome<S> run(S state, ModelConfig config, Work<S, M> work) {
    List<LinearShape> groups = PairedMoments.groups(config);
    S kept = state;
    Measured<M> pass = work.measure(kept, 0);
    double before = pass.loss();
    double loss = before;
    int better = 0;
    for (int group = 0; group < groups.size(); ) {
      int block = groups.get(group).block();
      S candidate = kept;
      for (; group < groups.size() && groups.get(group).block() == block; group++) {
        candidate = work.refit(candidate, group, pass.moments());
        pass = work.measure(candidate, group + 1);
      }
      if (pass.loss() < loss) {
        work.decided(candidate, kept);
        kept = candidate;
        loss = pass.loss();
        better++;
      } else {
        work.decided(kept, candidate);
        pass = group < groups.size() ? work.measure(kept, group) : pass;
      }
    }
    return new Outcome<>(kept, new Result(config.blocks(), better, before, loss));
  }
}
