package org.llmsurgeon.surgery;

import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.DampingLadder;
import org.llmsurgeon.curvature.FactorHealth;
import org.llmsurgeon.curvature.KroneckerSum;
import org.llmsurgeon.curvature.KroneckerTerm;
import org.llmsurgeon.curvature.NotPositiveDefiniteException;
import org.llmsurgeon.pruning.CostKind;
import org.llmsurgeon.pruning.DampingConstants;
import org.llmsurgeon.pruning.ElementCut;
import org.llmsurgeon.pruning.ElementMask;
import org.llmsurgeon.pruning.ElementSurgery;
import org.llmsurgeon.pruning.ElementUpdate;
import org.llmsurgeon.pruning.StructureCosts;

/**
 * A curvature that is no single product, over what is live of a layer. Costs of single weights, and
 * of single rows and columns, are exact for the first two products of a sum; more products leave
 * them as they are. The update is that of the whole sum, jointly for all that goes, by conjugate
 * gradients.
 */
final class OtherCurvature implements AutoCloseable {
  private final Device device;
  private final String name;
  private final ElementSurgery surgery;
  private final TensorScope scope;
  private final List<KroneckerTerm> terms;
  private KroneckerSum sum;

  /**
   * A sum of products over what is live.
   *
   * @param device where everything lives
   * @param name name of the layer, for messages
   * @param surgery the layer under the first product; must stay open while this is used
   * @param all all products, the first one first, in double
   */
  OtherCurvature(Device device, String name, ElementSurgery surgery, List<KroneckerTerm> all) {
    this.device = device;
    this.name = name;
    this.surgery = surgery;
    this.scope = new TensorScope(device);
    try {
      this.terms = all.stream().map(this::live).toList();
      DampingConstants constants = surgery.dampingConstants();
      this.sum = isDead() ? null : sum(new Damping(constants.g(), constants.a()));
    } catch (RuntimeException failure) {
      scope.close();
      throw failure;
    }
  }

  private boolean isDead() {
    return surgery.liveRows().length == 0 || surgery.liveColumns().length == 0;
  }

  private KroneckerTerm live(KroneckerTerm term) {
    return new KroneckerTerm(
        part(term.g(), surgery.liveRows()), part(term.a(), surgery.liveColumns()));
  }

  private Tensor part(Tensor factor, int[] live) {
    Tensor part = scope.empty(Precision.DOUBLE, live.length, live.length);
    device.gather(factor, live, live, part);
    return part;
  }

  /**
   * The sum with constants added to the diagonals of the first product's factors: those of the
   * shot, whatever is live of the layer by now.
   */
  private KroneckerSum sum(Damping constants) {
    Damping shares =
        new Damping(
            share(constants.g(), device.diagonal(terms.get(0).g())),
            share(constants.a(), device.diagonal(terms.get(0).a())));
    return new KroneckerSum(device, name, terms, shares);
  }

  private static double share(double constant, double[] diagonal) {
    double mean = Arrays.stream(diagonal).average().orElse(0);
    return mean == 0 ? 0 : constant / mean;
  }

  /** Costs of single rows and columns; dead ones cost nothing. */
  StructureCosts lineCosts() {
    return sum == null ? surgery.layer().costs(CostKind.OBD) : surgery.costs(sum.leading());
  }

  /** How the first product's factors are; nothing is inverted alone. */
  List<FactorHealth> health() {
    return surgery.layer().health();
  }

  /**
   * Curvature along single weights, 0 where they are dead.
   *
   * @param rows rows of the weight
   * @param columns columns of the weight
   * @return {@code [rows, columns]}, owned by the caller
   */
  Tensor elementCurvature(int rows, int columns) {
    return sum == null
        ? device.zeros(Precision.DOUBLE, rows, columns)
        : surgery.elementCurvature(sum.leading());
  }

  /**
   * Removes weights and makes up for them. The damping of the first two products makes them
   * positive definite; where more products make the sum indefinite, it rises by the ladder too.
   *
   * @param mask which weights go
   * @param compensated whether the rest makes up for them
   * @throws NotPositiveDefiniteException if the last step of the ladder is not enough
   */
  ElementCut cut(ElementMask mask, boolean compensated) {
    if (!compensated || sum == null) {
      return surgery.cut(mask, new ElementUpdate.None());
    }
    DampingLadder ladder = DampingLadder.DEFAULT;
    for (int retry = 0; ; retry++) {
      try {
        return surgery.cut(mask, sum, ElementUpdate.Full.DEFAULT);
      } catch (NotPositiveDefiniteException failure) {
        Damping constants = dampingConstants();
        if (retry == ladder.retries() || constants.g() + constants.a() == 0) {
          throw failure;
        }
        KroneckerSum raised =
            sum(new Damping(constants.g() * ladder.step(), constants.a() * ladder.step()));
        sum.close();
        sum = raised;
      }
    }
  }

  /** What damping added to the diagonals of the first product's factors. */
  Damping dampingConstants() {
    return sum == null ? new Damping(0, 0) : sum.leading().dampingConstants();
  }

  /** What the quadratic model says that a change of the weight adds to the loss. */
  double quadraticCost(Tensor changed) {
    return sum == null ? 0 : surgery.quadraticCost(changed, sum);
  }

  @Override
  public void close() {
    if (sum != null) {
      sum.close();
    }
    scope.close();
  }
}
