package org.llmsurgeon.pipeline.run;

import java.util.regex.Pattern;

/** The stages of a shot in their order, and what each leaves in the shot's folder. */
public enum ShotStage {
  /** Sums over shards of the windows. */
  ACCUMULATE("shards", "targets.json", "shards|targets\\.json"),
  /** Mean factors, and what else is gathered for baselines. */
  REDUCE("factors", "factors.json", "factors|(factors|baseline)\\.json|pass-\\d+\\.json"),
  /** What goes. */
  SCORE(null, "selection.json", "selection\\.json|halves\\.json|half-\\d\\.json|trust"),
  /** The layers without it. */
  CUT("weights", "cut.json", "weights|cut\\.json|evaluation-cut\\.json"),
  /** Refitted layers. */
  RECONSTRUCT(
      "reconstructed",
      "reconstructed.json",
      "reconstruction|reconstructed|reconstructed\\.json|evaluation-reconstructed\\.json"),
  /** Layers with trained adapters. */
  CORRECT(
      "corrected",
      "corrected.json",
      "correction|corrected|corrected\\.json|evaluation-corrected\\.json"),
  /** Layers whose weights were all trained. */
  RECOVER("recovered", null, "recovery|recovered"),
  /** The manifest of the weights. */
  COMMIT(null, "manifest.json", "manifest\\.json"),
  /** The perplexity, and models that are kept. */
  EVALUATE(null, "evaluation.json", "evaluation\\.json|saved\\.json");

  private final String folder;
  private final String record;
  private final Pattern own;

  ShotStage(String folder, String record, String own) {
    this.folder = folder;
    this.record = record;
    this.own = Pattern.compile(own);
  }

  /**
   * Folder of its data files, relative to the run directory, without a slash at its end.
   *
   * @param shot from 1
   */
  public String folder(int shot) {
    return RunDirectory.inShot(shot, folder);
  }

  /**
   * A data file, relative to the run directory.
   *
   * @param shot from 1
   * @param name its name
   */
  public String file(int shot, String name) {
    return folder(shot) + "/" + name;
  }

  /**
   * The record that says that it is done, relative to the run directory.
   *
   * @param shot from 1; 0 for the dense model
   */
  public String record(int shot) {
    return RunDirectory.inShot(shot, record);
  }

  /** Name of that record. */
  String record() {
    return record;
  }

  /** Whether a file or folder in the folder of a shot is its own. */
  boolean owns(String entry) {
    return own.matcher(entry).matches();
  }
}
