package org.llmsurgeon.pipeline;

import java.io.Serializable;

/**
 * Token windows in the run directory.
 *
 * @param path Arrow file, relative to the run directory
 * @param windows how many windows
 * @param context tokens of each
 */
record WindowsFile(String path, int windows, int context) implements Serializable {
  /** Tokens in all windows. */
  long tokens() {
    return (long) windows * context;
  }
}
