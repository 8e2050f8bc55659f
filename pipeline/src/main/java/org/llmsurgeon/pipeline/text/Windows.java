package org.llmsurgeon.pipeline.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.WindowsFile;

/** Token windows in the run directory. */
public final class Windows {
  /** Folder in the run directory. */
  static final String FOLDER = WindowsFile.FOLDER;

  private Windows() {}

  /**
   * Writes windows under new names.
   *
   * @param run the run directory
   * @param name what they are for
   * @param windows the windows, at least one
   */
  public static WindowsFile write(RunDirectory run, String name, TokenWindows windows) {
    return write(run, name, windows, windows.context());
  }

  /**
   * Writes windows that have other numbers than tokens.
   *
   * @param run the run directory
   * @param name what they are for
   * @param windows the windows, at least one
   * @param tokens of each
   */
  static WindowsFile write(RunDirectory run, String name, TokenWindows windows, int tokens) {
    int size = WindowsFile.partWindows(windows.context());
    List<String> parts = new ArrayList<>();
    for (int from = 0; from < windows.count(); from += size) {
      int to = Math.min(from + size, windows.count());
      String path = FOLDER + name + "-" + UUID.randomUUID() + ".arrow";
      new TokenWindows(Arrays.copyOfRange(windows.windows(), from, to))
          .write(run.storage(), run.resolve(path));
      parts.add(path);
    }
    return new WindowsFile(parts, size, windows.count(), tokens, null);
  }

  /**
   * The first windows of the test text, else of the calibration, to look at a model with: without
   * labels but for images.
   *
   * @param run the run directory
   * @param plan of the run
   * @param config of the model
   * @return at most two; null where the run has no windows
   */
  public static int[][] few(RunDirectory run, RunPlan plan, ModelConfig config) {
    RunPlan.Windows all = plan.windows();
    WindowsFile file = all.test() == null ? all.calibration() : all.test();
    if (file == null) {
      return null;
    }
    int[][] windows = read(run, file, 0, Math.min(2, file.windows()));
    return config.readsImages()
        ? windows
        : Arrays.stream(windows).map(each -> text(each, config)).toArray(int[][]::new);
  }

  /** The tokens of a text alone. */
  private static int[] text(int[] window, ModelConfig config) {
    if (config.objective().row() != null) {
      return config.objective().example(window).ids();
    }
    Objective.Pair pair = config.objective().pair(window);
    return pair == null ? window : pair.first();
  }

  /**
   * Reads a range of windows.
   *
   * @param run the run directory
   * @param file which windows
   * @param from first window
   * @param to window after the last
   * @return {@code [to - from, context]}
   */
  public static int[][] read(RunDirectory run, WindowsFile file, int from, int to) {
    int[][] windows = new int[to - from][];
    int size = file.partWindows();
    for (int at = from; at < to; ) {
      int part = at / size;
      int end = Math.min(to, (part + 1) * size);
      TokenWindows all = TokenWindows.read(run.storage(), run.resolve(file.parts().get(part)), "");
      System.arraycopy(all.windows(), at - part * size, windows, at - from, end - at);
      at = end;
    }
    return windows;
  }
}
