package org.llmsurgeon.pipeline.output;

import java.util.List;

/**
 * What cleaning a run directory has removed.
 *
 * @param run the run directory
 * @param removed paths of the files relative to it, then full paths of those beside the output
 * @param bytes what they held together
 */
public record CleanedRun(String run, List<String> removed, long bytes) {
  /** Copies the list. */
  public CleanedRun {
    removed = List.copyOf(removed);
  }
}
