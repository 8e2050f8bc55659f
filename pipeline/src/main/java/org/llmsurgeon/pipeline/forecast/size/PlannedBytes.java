package org.llmsurgeon.pipeline.forecast.size;

import java.util.stream.Stream;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.FisherKind;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.example.ImageWindows;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.recipe.CalibrationText;
import org.llmsurgeon.surgery.recipe.CorrectionRule;
import org.llmsurgeon.surgery.recipe.RecoveryRule;

/** Sizes of the files of a run, and what is read of them. */
public final class PlannedBytes {
  private static final int FLOAT = Float.BYTES;

  /** Text about a layer in the record of a shot; measured, as the next three. */
  private static final int LAYER_TEXT = 550;

  /** The same where single weights or N:M groups are gone. */
  private static final int SPARSE_LAYER_TEXT = 1400;

  /** Text about a factor in the record of factors. */
  private static final int FACTOR_TEXT = 260;

  /** Text about a tensor in a model's files. */
  private static final int TENSOR_TEXT = 130;

  private final Workload work;
  private final ModelConfig config;
  private final PlannedPasses passes;

  /** Bytes that the passes of a run read and write. */
  public PlannedBytes(Workload work, PlannedPasses passes) {
    this.work = work;
    this.config = work.config();
    this.passes = passes;
  }

  /** Parameters of the model. */
  public long parameters() {
    return LanguageModel.tensors(config).values().stream().mapToLong(PlannedBytes::elements).sum();
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

  /** A bit of each weight of all layers. */
  public long mask() {
    return linearWeights() / Byte.SIZE;
  }

  /** The model folder. */
  public long stored() {
    return parameters() * work.weightBytes();
  }

  /** New weights of all layers after a shot, in single precision. */
  public long cut() {
    return FLOAT * linearWeights();
  }

  /** The weights of all layers as the folder stores them. */
  public long linears() {
    return work.weightBytes() * linearWeights();
  }

  /**
   * What loading the model reads after a shot: layers from its files, which are read a first time
   * for their checksums, everything else from the folder.
   *
   * @param shot from 1; 0 for the model as it came
   */
  public long model(int shot) {
    return shot == 0 ? stored() : stored() - linears() + 2 * cut();
  }

  /** The mean over all shots of what a pass over all layers reads, factors and weights. */
  public long layers() {
    long factors = 0;
    for (LinearShape layer : config.linears()) {
      for (FactorKey key : FactorPlan.keys(layer, work.curvature())) {
        factors += FLOAT * key.packedSize();
      }
    }
    return factors + weights();
  }

  /** The mean over all shots of what a pass over the weights of all layers reads. */
  public long weights() {
    return (linears() + (work.shots() - 1) * 2 * cut()) / work.shots();
  }

  /** Eigenvectors of both factors of all layers, each with its eigenvalues. */
  public long bases() {
    return config.linears().stream()
        .flatMap(layer -> Stream.of(FactorPlan.basisG(layer), FactorPlan.basisA(layer)))
        .mapToLong(key -> FLOAT * (long) key.size() * key.columns())
        .sum();
  }

  /** Both factors of all layers, those that layers share as often as they are read. */
  public long factors() {
    return config.linears().stream()
        .mapToLong(layer -> triangle(layer.augmentedInputs()) + triangle(layer.outputs()))
        .sum();
  }

  /** The mean over all shots of what a task reads to find the weights before it and its factors. */
  public long layerRecords() {
    return weightRecords() + FACTOR_TEXT * (long) FactorPlan.keys(config, work.curvature()).size();
  }

  /** The mean over all shots of what a task reads to find the weights before it. */
  public long weightRecords() {
    return weightRecords(1 - 1.0 / work.shots());
  }

  /** What a task reads to find the weights of a cut. */
  public long cutRecords() {
    return weightRecords(1);
  }

  /**
   * What a task reads to find weights.
   *
   * @param cuts share of the times at which these are of a shot, not of the model as it came
   */
  private long weightRecords(double cuts) {
    int layer = work.sparse() ? SPARSE_LAYER_TEXT : LAYER_TEXT;
    return TENSOR_TEXT * (long) LanguageModel.tensors(config).size()
        + Math.round(cuts * layer * config.linears().size());
  }

  /** Bytes of the packed triangle of a symmetric matrix in single precision. */
  private static long triangle(long size) {
    return FLOAT * size * (size + 1) / 2;
  }

  /** Windows of a shot's calibration. */
  public long calibration() {
    return work.windows() * window();
  }

  /** Windows of the test. */
  public long test() {
    return work.testWindows() * window();
  }

  /** A window: its tokens and label, or the pixels of an image. */
  private long window() {
    return (long) Integer.BYTES * width();
  }

  private int width() {
    return config.objective().width(work.context());
  }

  /**
   * What tasks read of windows: each its own, and the rest of the files that they are in.
   *
   * @param tasks how many tasks share them
   * @param all bytes of all windows
   */
  public long windowReads(long tasks, long all) {
    return Math.min(tasks * all, all + 2 * tasks * part());
  }

  /** Windows of a full file of theirs. */
  private long part() {
    int windows =
        config.readsImages() ? ImageWindows.ofPart(width()) : WindowsFile.partWindows(width());
    return windows * window();
  }

  /** What is read for a single window of calibration: the file that it is in. */
  public long windowRead() {
    return Math.min(part(), calibration());
  }

  /** All windows of the run, and the targets that are drawn for them once. */
  public long windows() {
    CalibrationText rule = work.recipe().calibration();
    int draws = rule.fresh() ? work.shots() : 1;
    long targets =
        work.curvature().fisher().kind() == FisherKind.KL
            ? Integer.BYTES * work.curvature().fisher().samples() * work.tokens()
            : 0;
    long recovery =
        work.recipe().recovery().isWanted()
            ? work.recipe().recovery().tokens() / work.context() * window()
            : 0;
    return draws * (calibration() + targets) + recovery + test();
  }

  /** The most that the run directory holds: at the commit of the last shot. */
  public long disk() {
    CorrectionRule rule = work.recipe().correction();
    boolean later = work.shots() > 1;
    int weights = 1 + (later ? 1 : 0) + (rule.isWanted() ? 1 : 0) + (rule.reconstruct() ? 1 : 0);
    boolean goesOn = later && work.curvature().kind().powerIteration();
    long bases = work.curvature().kind() == CurvatureKind.EKFAC ? bases() : 0;
    // Of a recovery: a state before and one after a step, three numbers a weight, and gradients.
    RecoveryRule recovery = work.recipe().recovery();
    int parts = recovery.isWanted() ? (recovery.batch() + 1) / 2 : 0;
    int trained = recovery.isWanted() ? 2 * 3 + parts : 0;
    return work.shards() * passes.largestShardBytes()
        + passes.factorBytes(work.shots())
        + (goesOn ? passes.factorBytes(work.shots() - 1) : 0)
        + bases
        + (weights + trained) * cut()
        + windows();
  }
}
