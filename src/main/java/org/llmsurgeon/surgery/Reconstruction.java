package org.llmsurgeon.surgery;

import java.util.List;
import java.util.stream.DoubleStream;

/**
 * Refits the layers of a pruned model to the dense one, block by block in order: each block on what
 * it reads when all blocks before it are refitted. A block's refit is kept only if the loss of the
 * calibration windows falls, so the model is never worse on them than before.
 */
public final class Reconstruction {
  private Reconstruction() {}

  /**
   * A pass over all calibration windows.
   *
   * @param loss mean of the windows' losses, nats per token
   * @param moments what the layers of the block read; not after the last block. Valid until the
   *     next pass
   * @param <M> moments, in this process or in files
   */
  public record Measured<M>(double loss, M moments) {}

  /**
   * Does the work, in this process or on many machines.
   *
   * @param <S> a state of the weights
   * @param <M> moments of a block
   */
  public interface Work<S, M> {
    /**
     * Looks at a block.
     *
     * @param state the weights
     * @param block from 0; the number of blocks for the loss alone
     */
    Measured<M> measure(S state, int block);

    /**
     * Refits the layers of a block.
     *
     * @param state the weights
     * @param block from 0
     * @param moments what its layers read
     * @return the weights with this block refitted
     */
    S refit(S state, int block, M moments);

    /**
     * Told which of two states goes on.
     *
     * @param block whose refit was looked at
     * @param kept goes on
     * @param dropped is not needed any more
     */
    void decided(int block, S kept, S dropped);
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
   * Goes through all blocks.
   *
   * @param state the pruned weights
   * @param blocks blocks of the model
   * @param work does the work
   */
  public static <S, M> Outcome<S> run(S state, int blocks, Work<S, M> work) {
    S kept = state;
    Measured<M> pass = work.measure(kept, 0);
    double before = pass.loss();
    double loss = before;
    int better = 0;
    for (int block = 0; block < blocks; block++) {
      S candidate = work.refit(kept, block, pass.moments());
      Measured<M> next = work.measure(candidate, block + 1);
      if (next.loss() < loss) {
        work.decided(block, candidate, kept);
        kept = candidate;
        loss = next.loss();
        better++;
        pass = next;
      } else {
        work.decided(block, kept, candidate);
        pass = block + 1 < blocks ? work.measure(kept, block + 1) : next;
      }
    }
    return new Outcome<>(kept, new Result(blocks, better, before, loss));
  }
}
