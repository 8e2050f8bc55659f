package org.llmsurgeon.surgery.correct;

import java.util.stream.IntStream;
import org.llmsurgeon.model.WindowRun;

/**
 * One window on its way through the dense model and through the pruned one, side by side.
 *
 * @param dense the model before the first shot
 * @param pruned the model as it is
 */
public record PairedRun(WindowRun dense, WindowRun pruned) implements AutoCloseable {
  /** The windows of a shard. */
  public interface Windows {
    /** How many there are. */
    int count();

    /**
     * A window that has come to a block.
     *
     * @param index which window
     * @param block index of the block that is next
     * @return owned by the caller
     */
    PairedRun at(int index, int block);

    /** Which of all calibration windows are for what. */
    HeldOutWindows heldOut();

    /**
     * A window's place among all calibration windows.
     *
     * @param index which of these
     */
    int place(int index);
  }

  /**
   * Losses of those windows in the pruned model that refits are judged by.
   *
   * @param windows the windows
   * @param block block up to which both are known
   * @return each one's, nats
   */
  public static double[] losses(Windows windows, int block) {
    return IntStream.range(0, windows.count())
        .filter(index -> windows.heldOut().judges(windows.place(index)))
        .mapToDouble(
            index -> {
              try (PairedRun run = windows.at(index, block)) {
                return run.pruned.loss();
              }
            })
        .toArray();
  }

  /** Takes both up to a block, seen by nobody. */
  public void to(int block) {
    dense.to(block, null);
    pruned.to(block, null);
  }

  @Override
  public void close() {
    dense.close();
    pruned.close();
  }
}
