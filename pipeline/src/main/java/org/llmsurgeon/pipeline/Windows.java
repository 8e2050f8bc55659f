package org.llmsurgeon.pipeline;

import java.util.Arrays;
import java.util.UUID;
import org.llmsurgeon.checkpoint.TokenWindows;

/** Token windows in the run directory. */
final class Windows {
  private Windows() {}

  /**
   * Writes windows under a new name.
   *
   * @param run the run directory
   * @param name what they are for
   * @param windows the windows
   */
  static WindowsFile write(RunDirectory run, String name, TokenWindows windows) {
    String path = "windows/" + name + "-" + UUID.randomUUID() + ".arrow";
    windows.write(run.storage(), run.resolve(path));
    return new WindowsFile(path, windows.count(), windows.context());
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
  static int[][] read(RunDirectory run, WindowsFile file, int from, int to) {
    TokenWindows all = TokenWindows.read(run.storage(), run.resolve(file.path()), "");
    return Arrays.copyOfRange(all.windows(), from, to);
  }
}
