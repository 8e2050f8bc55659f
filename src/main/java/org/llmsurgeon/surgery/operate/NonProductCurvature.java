package org.llmsurgeon.surgery.operate;

import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.CurvatureOperator;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.DampingLadder;
import org.llmsurgeon.curvature.EigenBasis;
import org.llmsurgeon.curvature.EigenCurvature;
import org.llmsurgeon.curvature.FactorHealth;
import org.llmsurgeon.curvature.KroneckerSum;
import org.llmsurgeon.curvature.KroneckerTerm;
import org.llmsurgeon.curvature.NotPositiveDefiniteException;
import org.llmsurgeon.pruning.element.ElementCut;
import org.llmsurgeon.pruning.element.ElementSurgery;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.layer.DampingConstants;
import org.llmsurgeon.pruning.layer.ElementUpdate;
import org.llmsurgeon.pruning.layer.StructureCosts;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.pruning.structure.Selection;

/**
 * A curvature that is no single product, over what is live of a layer: EKFAC or a sum of Kronecker
 * products. Costs of single weights, and of single rows and columns, are exact for EKFAC and for
 * the first two products of a sum; more products leave them as they are. The update is that of all
 * of the curvature, jointly for all that goes, by conjugate gradients.
 */
final class NonProductCurvature implements AutoCloseable {
  private final ElementSurgery surgery;
  private final Form form;
  private Damped damped;

  /** A curvature whose damping is not settled. */
  @FunctionalInterface
  interface Form {
    /**
     * With damping.
     *
     * @param constants added to the diagonals of {@code G} and {@code A}
     */
    Damped with(Damping constants);
  }

  /**
   * A damped curvature.
   *
   * @param whole all of it
   * @param costs what costs come from; closing it frees both
   */
  record Damped(CurvatureOperator whole, EigenCurvature costs) {}

  /**
   * A curvature with the damping of the shot.
   *
   * @param surgery the layer under the first product; must stay open while this is used
   * @param form over what is live; not asked where nothing is
   */
  NonProductCurvature(ElementSurgery surgery, Form form) {
    this.surgery = surgery;
    this.form = form;
    DampingConstants constants = surgery.dampingConstants();
    boolean dead = surgery.liveRows().length == 0 || surgery.liveColumns().length == 0;
    this.damped = dead ? null : form.with(new Damping(constants.g(), constants.a()));
  }

  /**
   * A sum of products.
   *
   * @param scope owns their live parts; must be closed after the curvature
   * @param name name of the layer, for messages
   * @param surgery the layer under the first product
   * @param terms all products, the first one first, in double
   */
  static Form sum(
      TensorScope scope, String name, ElementSurgery surgery, List<KroneckerTerm> terms) {
    Device device = scope.device();
    List<KroneckerTerm> live =
        terms.stream()
            .map(
                term ->
                    new KroneckerTerm(
                        part(scope, term.g(), surgery.liveRows()),
                        part(scope, term.a(), surgery.liveColumns())))
            .toList();
    double[] g = device.diagonal(live.get(0).g());
    double[] a = device.diagonal(live.get(0).a());
    return constants -> {
      KroneckerSum sum = new KroneckerSum(device, name, live, shares(constants, g, a));
      return new Damped(sum, sum.leading());
    };
  }

  private static Tensor part(TensorScope scope, Tensor factor, int[] live) {
    Tensor part = scope.empty(Precision.DOUBLE, live.length, live.length);
    scope.device().gather(factor, live, live, part);
    return part;
  }

  /**
   * EKFAC.
   *
   * @param device where everything lives
   * @param name name of the layer, for messages
   * @param basis eigenvectors and eigenvalues over what is live; must stay open
   * @param corrected eigenvalues over what is live; must stay open
   */
  static Form ekfac(Device device, String name, EigenBasis basis, Tensor corrected) {
    return constants -> {
      Damping shares = shares(constants, basis.valuesG(), basis.valuesA());
      EigenCurvature curvature = EigenCurvature.ekfac(device, name, basis, corrected, shares);
      return new Damped(curvature, curvature);
    };
  }

  /** Constants, those of the shot whatever is live by now, as shares of means. */
  private static Damping shares(Damping constants, double[] g, double[] a) {
    return new Damping(share(constants.g(), g), share(constants.a(), a));
  }

  private static double share(double constant, double[] values) {
    double mean = Arrays.stream(values).average().orElse(0);
    return mean <= 0 ? 0 : constant / mean;
  }

  /** Costs of single rows and columns; dead ones cost nothing. */
  StructureCosts lineCosts() {
    return damped == null ? surgery.layer().costs(CostKind.OBD) : surgery.costs(damped.costs());
  }

  /** The weights that are 0. */
  ElementMask zeros() {
    return surgery.zeros();
  }

  /** Those among them that a cut of rows and columns keeps. */
  ElementMask pattern() {
    return surgery.pattern();
  }

  /** Rows and columns whose weights are all 0. */
  Selection gone() {
    return surgery.layer().gone();
  }

  /** How the first product's factors are; nothing is inverted alone. */
  List<FactorHealth> health() {
    return surgery.layer().health();
  }

  /**
   * Curvature along single weights, 0 where they are dead.
   *
   * @param device where it lives
   * @param rows rows of the weight
   * @param columns columns of the weight
   * @return {@code [rows, columns]}, owned by the caller
   */
  Tensor elementCurvature(Device device, int rows, int columns) {
    return damped == null
        ? device.zeros(Precision.DOUBLE, rows, columns)
        : surgery.elementCurvature(damped.costs());
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
    if (!compensated || damped == null) {
      return surgery.cut(mask, new ElementUpdate.None());
    }
    DampingLadder ladder = DampingLadder.DEFAULT;
    for (int retry = 0; ; retry++) {
      try {
        return surgery.cut(mask, damped.whole(), ElementUpdate.Full.DEFAULT);
      } catch (NotPositiveDefiniteException failure) {
        Damping constants = dampingConstants();
        if (retry == ladder.retries() || constants.g() + constants.a() == 0) {
          throw failure;
        }
        Damped raised =
            form.with(new Damping(constants.g() * ladder.step(), constants.a() * ladder.step()));
        damped.costs().close();
        damped = raised;
      }
    }
  }

  /** What damping added to the diagonals of the first product's factors. */
  Damping dampingConstants() {
    return damped == null ? new Damping(0, 0) : damped.costs().dampingConstants();
  }

  /** What the quadratic model says that a change of the weight adds to the loss. */
  double quadraticCost(Tensor changed) {
    return damped == null ? 0 : surgery.quadraticCost(changed, damped.whole());
  }

  @Override
  public void close() {
    if (damped != null) {
      damped.costs().close();
    }
  }
}
