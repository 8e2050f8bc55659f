package org.llmsurgeon.pipeline.files;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.InputException;

/**
 * Folders that were not there before somebody made them, so that they can go again where nothing
 * has come of it.
 *
 * @param storage the file systems
 * @param paths absolute, the innermost first
 */
public record MissingFolders(HadoopStorage storage, List<String> paths) {
  /**
   * A folder and those above it, as far as they are not there now.
   *
   * @param storage the file systems
   * @param folder absolute path
   */
  public static MissingFolders of(HadoopStorage storage, String folder) {
    String there = storage.nearestAtOrAbove(folder).orElse(folder);
    List<String> missing = new ArrayList<>();
    String each = folder;
    while (each.length() > there.length()) {
      missing.add(each);
      each = each.substring(0, Math.max(0, each.lastIndexOf('/')));
    }
    return new MissingFolders(storage, List.copyOf(missing));
  }

  /** Deletes those that are there and empty. */
  public void deleteEmpty() {
    paths.forEach(this::deleteEmpty);
  }

  /** Another process may have put something there meanwhile, which stays. */
  private void deleteEmpty(String folder) {
    try {
      if (storage.exists(folder) && storage.entries(folder).isEmpty()) {
        storage.delete(folder, false);
      }
    } catch (UncheckedIOException | InputException inUse) {
      // It is no longer ours.
    }
  }
}
