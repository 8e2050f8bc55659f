package org.llmsurgeon.surgery.correct;

import org.llmsurgeon.model.LanguageModel;

/**
 * Windows that set out at the embedding, however far they are to come.
 *
 * @param dense the model before the first shot
 * @param pruned the model as it is
 * @param windows tokens, {@code [windows, context]}
 * @param from place of the first of them among all
 * @param heldOut what all are for
 */
public record WholeRuns(
    LanguageModel dense, LanguageModel pruned, int[][] windows, int from, HeldOutWindows heldOut)
    implements PairedRun.Windows {
  @Override
  public int count() {
    return windows.length;
  }

  @Override
  public int place(int index) {
    return from + index;
  }

  @Override
  public PairedRun at(int index, int block) {
    PairedRun run = new PairedRun(dense.enter(windows[index]), pruned.enter(windows[index]));
    run.to(block);
    return run;
  }
}
