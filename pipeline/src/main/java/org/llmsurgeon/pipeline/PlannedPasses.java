package org.llmsurgeon.pipeline;

import java.util.List;
import java.util.function.ToLongFunction;
import org.llmsurgeon.model.ModelConfig;
import org.llmsurgeon.surgery.CurvatureRule;
import org.llmsurgeon.surgery.FactorKey;
import org.llmsurgeon.surgery.FactorPass;
import org.llmsurgeon.surgery.FactorPlan;

/** What the passes over the data of one shot need, from the sizes alone. */
final class PlannedPasses {
  private final ModelConfig config;
  private final CurvatureRule curvature;
  private final List<FactorPass> passes;
  private final List<FactorGroup> groups;

  /**
   * Passes of a first shot; a later one that goes on from it has one less.
   *
   * @param config the network
   * @param curvature what is gathered
   * @param groups how the factors go
   */
  PlannedPasses(ModelConfig config, CurvatureRule curvature, List<FactorGroup> groups) {
    this.config = config;
    this.curvature = curvature;
    this.passes = FactorPlan.passes(curvature);
    this.groups = groups;
  }

  /**
   * Passes whose groups fit a budget.
   *
   * @param config the network
   * @param curvature what is gathered
   * @param budget bytes that the sums of one task may take
   */
  static PlannedPasses within(ModelConfig config, CurvatureRule curvature, long budget) {
    List<FactorPass> passes = FactorPlan.passes(curvature);
    return new PlannedPasses(config, curvature, FactorGroup.plan(config, passes, budget));
  }

  /** How many there are; each is a stage of its own. */
  int count() {
    return passes.size();
  }

  /** What the tasks of one shard read to weigh its tokens, in all passes. */
  long weighingBytes() {
    return passes.stream()
        .filter(FactorPass::weighted)
        .flatMap(pass -> config.linears().stream().map(pass::weighing))
        .mapToLong(key -> PlannedBytes.square(key.size()))
        .sum();
  }

  /** How often the data is gone through: once for each group of factors. */
  int groups() {
    return groups.size();
  }

  /**
   * Operations per token.
   *
   * @param context tokens of a window
   */
  double flops(int context) {
    PlannedFlops flops = new PlannedFlops(config);
    int draws = curvature.fisher().samples();
    double total = 0;
    for (FactorPass pass : passes) {
      long times = groups.stream().filter(group -> group.pass() == pass.index()).count();
      total += times * flops.pass(pass, context, draws) + flops.sums(pass, draws);
    }
    return total;
  }

  /** Sums of one shard over all passes: packed triangles in single precision. */
  long shardBytes() {
    return passes.stream().mapToLong(pass -> packed(pass, FactorKey::packedSize)).sum();
  }

  /** Sums of one shard in the largest pass; those of the pass before are gone by then. */
  long largestShardBytes() {
    return passes.stream().mapToLong(pass -> packed(pass, FactorKey::packedSize)).max().orElse(0);
  }

  /** Mean factors of all passes: full matrices in single precision. */
  long factorBytes() {
    return passes.stream()
        .mapToLong(pass -> packed(pass, key -> (long) key.size() * key.columns()))
        .sum();
  }

  private long packed(FactorPass pass, ToLongFunction<FactorKey> numbers) {
    return Float.BYTES * pass.keys(config).stream().mapToLong(numbers).sum();
  }

  /** The sums of a task in its largest group. */
  long taskBytes() {
    return groups.stream().mapToLong(this::bytes).max().orElse(0);
  }

  private long bytes(FactorGroup group) {
    FactorPass pass = passes.get(group.pass());
    return group.of(pass.keys(config)).stream().mapToLong(key -> pass.bytes(config, key)).sum();
  }
}
