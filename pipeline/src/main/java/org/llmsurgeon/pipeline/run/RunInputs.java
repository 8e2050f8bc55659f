package org.llmsurgeon.pipeline.run;

import java.util.List;
import java.util.Optional;

/**
 * The model and the texts of a run, by content.
 *
 * @param model folder of the dense model
 * @param calibration files of the calibration text
 * @param test files of the test text; empty where there is none
 */
public record RunInputs(HashedFile model, List<HashedFile> calibration, List<HashedFile> test) {
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
    if (!hashes(calibration).equals(hashes(other.calibration))) {
      return Optional.of("another calibration text");
    }
    if (!hashes(test).equals(hashes(other.test))) {
      return Optional.of("another test text");
    }
    return Optional.empty();
  }

  private static List<String> hashes(List<HashedFile> files) {
    return files.stream().map(HashedFile::sha256).toList();
  }
}
