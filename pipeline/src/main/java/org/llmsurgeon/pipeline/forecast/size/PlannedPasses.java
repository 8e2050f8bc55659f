package org.llmsurgeon.pipeline.forecast.size;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorPass;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.recipe.CurvatureRule;

/** What the passes over the data of a run need, from the sizes alone. */
public final class PlannedPasses {
  private final ModelConfig config;
  private final CurvatureRule curvature;
  private final List<FactorPass> first;
  private final List<FactorPass> all = new ArrayList<>();

  /**
   * Passes of all shots; a later shot of a power iteration goes on from the one before, and has one
   * less.
   *
   * @param work what is to be done
   */
  public PlannedPasses(Workload work) {
    this.config = work.config();
    this.curvature = work.curvature();
    this.first = FactorPlan.passes(curvature);
    for (int shot = 1; shot <= work.shots(); shot++) {
      all.addAll(FactorPlan.passes(curvature, shot));
    }
  }

  /** How many there are in all shots; each is a stage of its own. */
  public int count() {
    return all.size();
  }

  /** Whether any pass needs the inputs of layers and their gradients together. */
  private boolean pairs() {
    return all.stream()
        .anyMatch(pass -> pass.weighted() || pass.gathers() == FactorPass.Gathers.EIGENVALUES);
  }

  /** What the tasks of one shard read of earlier factors, in all shots. */
  public long earlierBytes() {
    return all.stream()
        .flatMap(pass -> config.linears().stream().flatMap(layer -> earlier(pass, layer)))
        .mapToLong(key -> Float.BYTES * (long) key.size() * key.columns())
        .sum();
  }

  /** What weighs the tokens of a layer in a pass, the products before, or the bases. */
  private static Stream<FactorKey> earlier(FactorPass pass, LinearShape layer) {
    if (pass.gathers() == FactorPass.Gathers.EIGENVALUES) {
      return Stream.of(FactorPlan.basisG(layer), FactorPlan.basisA(layer));
    }
    boolean read = pass.weighted() && pass.weighing() != FactorPass.Weighing.FIXED;
    Stream<FactorKey> products =
        IntStream.range(0, pass.term())
            .boxed()
            .flatMap(term -> Stream.of(FactorPlan.g(layer, term), FactorPlan.ownA(layer, term)));
    return Stream.concat(products, read ? Stream.of(pass.weighing(layer)) : Stream.empty());
  }

  /** How often the data is gone through in the first shot. */
  public int first() {
    return first.size();
  }

  /**
   * Operations per token, in all shots.
   *
   * @param context tokens of a window
   * @param doneAgain part of the forward passes that is done a second time
   */
  public double flops(int context, double doneAgain) {
    PlannedFlops flops = new PlannedFlops(config);
    int draws = curvature.fisher().samples();
    return all.stream()
        .mapToDouble(
            pass ->
                flops.pass(pass, context, draws)
                    + flops.sums(pass, draws)
                    + (pass.backward() ? doneAgain * flops.blocks(context) : 0))
        .sum();
  }

  /**
   * Numbers that activations, norms and the like go over in all passes of all shots, per token.
   *
   * @param context tokens of a window
   */
  public double numbers(int context) {
    PlannedFlops flops = new PlannedFlops(config);
    int draws = curvature.fisher().samples();
    return all.stream()
        .mapToDouble(pass -> flops.numbers(context, pass.backward() ? draws : 0))
        .sum();
  }

  /** Sums of one shard over all passes of all shots: packed triangles in single precision. */
  public long shardBytes() {
    return all.stream().mapToLong(this::packed).sum();
  }

  /** Sums of one shard in the largest pass; those of the pass before are gone by then. */
  public long largestShardBytes() {
    return first.stream().mapToLong(this::packed).max().orElse(0);
  }

  /** Mean factors of all passes of all shots: as large as the sums of one shard. */
  public long factorBytes() {
    return shardBytes();
  }

  /**
   * Mean factors of all passes of a shot.
   *
   * @param shot from 1
   */
  public long factorBytes(int shot) {
    return FactorPlan.passes(curvature, shot).stream().mapToLong(this::packed).sum();
  }

  private long packed(FactorPass pass) {
    return Float.BYTES * pass.keys(config).stream().mapToLong(FactorKey::packedSize).sum();
  }

  /**
   * The sums of a task.
   *
   * @param block bytes of those of its largest block
   * @param all bytes of those of all blocks
   * @param pairs whether inputs of layers and their gradients are needed together
   */
  public record Sums(long block, long all, boolean pairs) {}

  /** The sums of a task in the pass that needs most. */
  public Sums sums() {
    long block = 0;
    long all = 0;
    for (FactorPass pass : first) {
      long[] blocks = blocks(pass);
      block = Math.max(block, Arrays.stream(blocks).max().orElse(0));
      all = Math.max(all, Arrays.stream(blocks).sum());
    }
    return new Sums(block, all, pairs());
  }

  private long[] blocks(FactorPass pass) {
    return IntStream.range(0, config.blockCount())
        .mapToLong(
            block ->
                pass.keys(config.linears(block)).stream()
                    .mapToLong(key -> pass.bytes(config, key))
                    .sum())
        .toArray();
  }
}
