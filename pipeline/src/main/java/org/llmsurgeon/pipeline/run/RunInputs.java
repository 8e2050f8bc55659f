package org.llmsurgeon.pipeline.run;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.llmsurgeon.checkpoint.storage.Sha256;

/**
 * The model and the texts of a run, by content.
 *
 * @param model folder of the dense model
 * @param calibration files of the calibration text
 * @param test files of the test text; empty where there is none
 */
public record RunInputs(HashedFile model, List<HashedFile> calibration, List<HashedFile> test) {
  /** More files than this are told as one. */
  private static final int MANY = 50;

  /** Copies the lists. */
  public RunInputs {
    calibration = List.copyOf(calibration);
    test = List.copyOf(test);
  }

  /**
   * Names the first thing whose content differs, wherever the files lie.
   *
   * @param other other inputs
   */
  public Optional<String> difference(RunInputs other) {
    if (!model.sha256().equals(other.model.sha256())) {
      return Optional.of("another model");
    }
    RunInputs own = told();
    RunInputs others = other.told();
    if (!hashes(own.calibration).equals(hashes(others.calibration))) {
      return Optional.of("another calibration text");
    }
    if (!hashes(own.test).equals(hashes(others.test))) {
      return Optional.of("another test text");
    }
    return Optional.empty();
  }

  /**
   * The same for a report: of many files, as images are, only how many there are, the folder above
   * all of them, and a hash of their hashes and of their names below it.
   */
  public RunInputs told() {
    return new RunInputs(model, told(calibration), told(test));
  }

  private static List<HashedFile> told(List<HashedFile> files) {
    if (files.size() <= MANY) {
      return files;
    }
    String folder = common(files);
    StringBuilder lines = new StringBuilder();
    for (HashedFile each : files) {
      String name = each.path().substring(folder.length());
      lines.append(each.sha256()).append("  ").append(name).append('\n');
    }
    String path = String.format(Locale.ROOT, "%s (%,d files)", folder, files.size());
    return List.of(new HashedFile(path, Sha256.of(lines.toString())));
  }

  /** The folder above all, with its slash. */
  private static String common(List<HashedFile> files) {
    String folder = files.get(0).path();
    for (HashedFile each : files) {
      while (!each.path().startsWith(folder) || !folder.endsWith("/")) {
        if (folder.isEmpty()) {
          return folder;
        }
        int above = folder.lastIndexOf('/', folder.length() - 2);
        folder = folder.substring(0, above + 1);
      }
    }
    return folder;
  }

  private static List<String> hashes(List<HashedFile> files) {
    return files.stream().map(HashedFile::sha256).toList();
  }
}
