package org.llmsurgeon.pipeline;

import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.model.ModelConfig;

/** Sizes of the files of a run, and what is read of them. */
final class PlannedBytes {
  private static final int FLOAT = Float.BYTES;

  private final Workload work;
  private final ModelConfig config;
  private final PlannedPasses passes;

  PlannedBytes(Workload work, PlannedPasses passes) {
    this.work = work;
    this.config = work.config();
    this.passes = passes;
  }

  /** Parameters of the model. */
  long parameters() {
    return config.expectedTensors().values().stream().mapToLong(PlannedBytes::elements).sum();
  }

  private static long elements(int[] shape) {
    long elements = 1;
    for (int size : shape) {
      elements *= size;
    }
    return elements;
  }

  private long linearWeights() {
    return config.linears().stream().mapToLong(LinearShape::weights).sum();
  }

  /** The model folder. */
  long stored() {
    return parameters() * work.weightBytes();
  }

  /** New weights of all layers after a shot, in single precision. */
  long cut() {
    return FLOAT * linearWeights();
  }

  /**
   * What loading the model reads after a shot: layers from its files, which are read a first time
   * for their checksums, everything else from the folder.
   *
   * @param shot from 1; 0 for the model as it came
   */
  long model(int shot) {
    return shot == 0 ? stored() : stored() - work.weightBytes() * linearWeights() + 2 * cut();
  }

  /** The mean over all shots of what a pass over all layers reads, factors and weights. */
  long layers() {
    long factors = 0;
    for (LinearShape layer : config.linears()) {
      factors += work.curvature().kind().needsData() ? square(layer.augmentedInputs()) : 0;
      factors += work.curvature().kind().ofLoss() ? square(layer.outputs()) : 0;
    }
    long dense = work.weightBytes() * linearWeights();
    return factors + (dense + (work.shots() - 1) * 2 * cut()) / work.shots();
  }

  /** Bytes of a square matrix in single precision. */
  static long square(long size) {
    return FLOAT * size * size;
  }

  /** Windows of a shot's calibration. */
  long calibration() {
    return Integer.BYTES * work.tokens();
  }

  /** Windows of the test. */
  long test() {
    return Integer.BYTES * work.testTokens();
  }

  /**
   * What tasks read of windows: each its own, and the rest of the files that they are in.
   *
   * @param tasks how many tasks share them
   * @param all bytes of all windows
   */
  long windowReads(long tasks, long all) {
    long part = (long) Integer.BYTES * work.context() * WindowsFile.partWindows(work.context());
    return Math.min(tasks * all, all + 2 * tasks * part);
  }

  /** All windows of the run. */
  long windows() {
    int draws = work.recipe().calibration().fresh() ? work.shots() : 1;
    return draws * calibration() + test();
  }

  /** The most that the run directory holds: at the commit of a shot after the first. */
  long disk() {
    int weights = work.shots() > 1 ? 2 : 1;
    return work.shards() * passes.largestShardBytes()
        + passes.factorBytes()
        + weights * cut()
        + windows();
  }
}
