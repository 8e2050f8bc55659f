package org.llmsurgeon.pipeline.forecast.size;

import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pruning.structure.UnitKind;

/** Inverses of factors, which stay between the costs of a shot and its cut, in bytes. */
final class PlannedInverses {
  private static final Set<LinearRole> ATTENTION =
      EnumSet.of(LinearRole.QUERY, LinearRole.KEY, LinearRole.VALUE, LinearRole.OUTPUT);

  private final Workload work;
  private final Machines machines;
  private final Machines.Ground ground;
  private final ModelConfig config;
  private final long all;

  PlannedInverses(Workload work, Machines machines, Machines.Ground ground) {
    this.work = work;
    this.machines = machines;
    this.ground = ground;
    this.config = work.config();
    // Once: a mixture has thousands of layers, and each of them asks for it.
    this.all = all();
  }

  /** The layers, or one of each group, largest first. */
  List<LinearShape> firstOfEach(boolean groups) {
    record Sized(LinearShape layer, long bytes) {}
    return config.linears().stream()
        .filter(layer -> !groups || group(layer).findFirst().equals(Optional.of(layer)))
        .map(layer -> new Sized(layer, of(layer, groups)))
        .sorted(Comparator.comparingLong(sized -> -sized.bytes()))
        .map(Sized::layer)
        .toList();
  }

  /** Inverses that stay from the score to the cut, of the layers that this process has. */
  long kept() {
    // On cards those of single weights alone: units and lines are scored on processors.
    if (ground.card() && !work.sparse()) {
      return 0;
    }
    return Math.min(ground.tasks() * ground.keepBytes(), all / places());
  }

  /** Processes, or cards. */
  int places() {
    return machines.executors() * (ground.card() ? machines.cards().each() : 1);
  }

  /** All of them: none where eigenvectors take their place. */
  private long all() {
    return work.ofOneProduct()
        ? config.linears().stream().mapToLong(layer -> of(layer, false)).sum()
        : 0;
  }

  /** Those of a layer or its group; of units those of the sides whose rest makes up for them. */
  long of(LinearShape layer, boolean group) {
    if (group) {
      return group(layer).mapToLong(other -> of(other, false)).sum();
    }
    boolean both = !work.inGroups();
    return (both || columnsCosted(layer) ? square(layer.augmentedInputs()) : 0)
        + (both || rowsCosted(layer) ? square(layer.outputs()) : 0);
  }

  /** Whether units are costed as columns of the layer. */
  private boolean columnsCosted(LinearShape layer) {
    return readsUnits(layer) || goes(UnitKind.RESIDUAL);
  }

  /** Whether units are costed as rows of the layer. */
  private boolean rowsCosted(LinearShape layer) {
    boolean pairs = layer.role() == LinearRole.QUERY || layer.role() == LinearRole.KEY;
    return readsUnits(layer) && goes(UnitKind.RESIDUAL) || pairs && goes(UnitKind.QUERY_KEY);
  }

  /** Whether none is, and so an outline of its factors is read: such a layer stands by. */
  boolean standsBy(LinearShape layer) {
    boolean outlined = work.inGroups() && work.curvature().kind() == CurvatureKind.KFAC;
    return outlined && !columnsCosted(layer) && !rowsCosted(layer);
  }

  private boolean goes(UnitKind kind) {
    return work.recipe().structures().units().contains(kind);
  }

  private static boolean readsUnits(LinearShape layer) {
    return layer.role() == LinearRole.OUTPUT || layer.role() == LinearRole.DOWN;
  }

  private static long square(long size) {
    return Double.BYTES * size * size;
  }

  /** The share of the inverses that a cut finds kept. */
  double keptShare() {
    long own = all / places();
    return own == 0 ? 0 : (double) kept() / own;
  }

  /** All layers of the attention or the MLP that a layer is in. */
  Stream<LinearShape> group(LinearShape layer) {
    return config.linears(layer.block()).stream()
        .filter(other -> ATTENTION.contains(other.role()) == ATTENTION.contains(layer.role()))
        .filter(other -> other.expert() == layer.expert());
  }
}
