package org.llmsurgeon.pipeline.correct;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.pipeline.factors.StoredTensors;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.text.Windows;
import org.llmsurgeon.pipeline.weights.ExecutorModel;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.surgery.correct.HeldOutWindows;
import org.llmsurgeon.surgery.correct.PairedRun;

/**
 * The windows of a shard in both models, from where they were stored. What they reach beyond that
 * is stored, so that no block runs again for each group of those behind it.
 */
final class StoredRuns implements PairedRun.Windows, AutoCloseable {
  private final ReconstructionWork work;
  private final ShardStart start;
  private final String attempt;
  private final RunDirectory directory;
  private final int[][] windows;
  private final ProcessCache.Held<LanguageModel> dense;
  private final ProcessCache.Held<LanguageModel> pruned;
  private final List<StoredTensors> written = new ArrayList<>();

  /**
   * Opens both models, which are kept once per process.
   *
   * @param work what it needs
   * @param state the pruned weights
   * @param start where the windows are
   * @param attempt makes names unique
   */
  StoredRuns(ReconstructionWork work, ModelRef state, ShardStart start, String attempt) {
    this.work = work;
    this.start = start;
    this.attempt = attempt;
    this.directory = work.directory();
    this.windows =
        Windows.read(directory, work.windows(), start.shard().from(), start.shard().to());
    this.dense = ExecutorModel.ofTwo(ProcessCache.Role.DENSE, work.dense(), work.settings());
    this.pruned = held(state);
  }

  private ProcessCache.Held<LanguageModel> held(ModelRef state) {
    try {
      return ExecutorModel.ofTwo(ProcessCache.Role.MODEL, state, work.settings());
    } catch (RuntimeException failure) {
      dense.close();
      throw failure;
    }
  }

  LanguageModel model() {
    return pruned.value();
  }

  @Override
  public int count() {
    return windows.length;
  }

  @Override
  public HeldOutWindows heldOut() {
    return new HeldOutWindows(work.windows().windows());
  }

  @Override
  public int place(int index) {
    return start.shard().from() + index;
  }

  @Override
  public PairedRun at(int index, int block) {
    int[] window = windows[index];
    PairedRun run = new PairedRun(dense.value().enter(window), pruned.value().enter(window));
    try {
      if (start.block() > 0) {
        StoredTensors stored = start.reached().get(index);
        run.dense().resume(start.block(), into -> stored.read(directory, 0, List.of(into)));
        run.pruned().resume(start.block(), into -> stored.read(directory, 1, List.of(into)));
      }
      if (block > start.block()) {
        run.to(block);
        written.add(
            StoredTensors.write(
                directory,
                path(index, block),
                List.of(run.dense().stream(), run.pruned().stream())));
      }
      return run;
    } catch (RuntimeException failure) {
      run.close();
      throw failure;
    }
  }

  private String path(int index, int block) {
    String name =
        String.format(
            Locale.ROOT,
            "%sreached-%05d-shard-%05d-window-%05d-%s.f32",
            ReconstructionStage.FOLDER,
            block,
            start.shard().index(),
            index,
            attempt);
    return RunDirectory.inShot(work.shot(), name);
  }

  /**
   * Where the windows are now.
   *
   * @param block the block that all of them have come to
   */
  ShardStart reached(int block) {
    return block > start.block() ? new ShardStart(start.shard(), block, written) : start;
  }

  @Override
  public void close() {
    try (dense) {
      pruned.close();
    }
  }
}
