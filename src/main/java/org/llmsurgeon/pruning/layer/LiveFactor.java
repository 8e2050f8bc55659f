package org.llmsurgeon.pruning.layer;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.DampedInverse;
import org.llmsurgeon.curvature.DampingLadder;
import org.llmsurgeon.curvature.FactorHealth;
import org.llmsurgeon.curvature.FactorOutline;
import org.llmsurgeon.curvature.InverseStore;

/**
 * One side of a layer: the factor of its outputs ({@code G}) or inputs ({@code A}) without the dead
 * rows or columns, and its damped inverse, computed when first asked for.
 */
public final class LiveFactor implements AutoCloseable {
  private final TensorScope scope;
  private final String name;
  private final int[] live;
  private final Tensor matrix; // null of an outline
  private final double[] diagonal;
  private final double constant;
  private final InverseStore inverses;
  private DampedInverse inverse;
  private boolean inverseIsOwn;

  /**
   * @param device where the factor lives
   * @param name what it is, for messages
   * @param full the factor, dead indices included; kept open and unchanged by the caller
   * @param live indices that are not dead, ascending
   * @param damping from the live diagonal to what is added to it
   * @param inverses where its inverse stays
   */
  LiveFactor(
      Device device,
      String name,
      Tensor full,
      int[] live,
      ToDoubleFunction<double[]> damping,
      InverseStore inverses) {
    this.scope = new TensorScope(device);
    this.name = name;
    this.live = live;
    this.matrix = LiveLayer.inDouble(scope, full, live, live);
    this.diagonal = device.diagonal(matrix);
    this.constant = damping.applyAsDouble(diagonal);
    this.inverses = inverses;
  }

  /** As above, of a factor that nothing is multiplied with: it has no matrix and no inverse. */
  LiveFactor(
      Device device,
      String name,
      FactorOutline outline,
      int[] live,
      ToDoubleFunction<double[]> damping) {
    this.scope = new TensorScope(device);
    this.name = name;
    this.live = live;
    this.matrix = null;
    this.diagonal = Arrays.stream(live).mapToDouble(index -> outline.diagonal()[index]).toArray();
    this.constant = damping.applyAsDouble(diagonal);
    this.inverses = InverseStore.NONE;
  }

  private LiveFactor(LiveFactor whole, int[] kept) {
    this.scope = new TensorScope(whole.scope.device());
    this.name = whole.name;
    this.live = Arrays.stream(kept).map(position -> whole.live[position]).toArray();
    this.matrix = LiveLayer.inDouble(scope, whole.matrix(), kept, kept);
    this.diagonal = Arrays.stream(kept).mapToDouble(position -> whole.diagonal[position]).toArray();
    this.constant = whole.dampingConstant();
    this.inverses = InverseStore.NONE;
  }

  /**
   * The factor without some indices, under the same damping constant, which is fixed for a shot.
   *
   * @param kept positions among the live that stay, ascending
   */
  LiveFactor keeping(int[] kept) {
    return new LiveFactor(this, kept);
  }

  /** Rows that are not dead. */
  public int size() {
    return live.length;
  }

  /** Indices that are not dead, ascending. */
  public int[] live() {
    return live;
  }

  /**
   * The undamped factor over live indices, double.
   *
   * @throws IllegalStateException if only its outline was read
   */
  public Tensor matrix() {
    if (matrix == null) {
      throw new IllegalStateException("of " + name + " only the outline was read");
    }
    return matrix;
  }

  /**
   * What damping adds to the diagonal; fixed for the shot. Where the inverse needs more than was
   * asked for, it is that from the first {@link #inverse} on.
   */
  public double dampingConstant() {
    return inverse == null ? constant : inverse.constant();
  }

  /** The damped inverse over live indices; not to be written or closed. */
  public DampedInverse inverse() {
    if (inverse == null) {
      InverseStore.Key key = InverseStore.Key.of(name, live, constant);
      inverse = inverses.find(key).orElse(null);
      if (inverse == null) {
        inverse =
            DampedInverse.ofConstant(
                scope.device(), name, matrix(), constant, DampingLadder.DEFAULT);
        inverseIsOwn = !inverses.keep(key, inverse);
      }
    }
    return inverse;
  }

  /**
   * Curvature along each live index alone: {@code 1 / [M^-1]_ii} of the damped factor where the
   * others adapt (OBS), {@code M_ii} of the undamped one where they do not (OBD).
   */
  public double[] curvature(CostKind kind) {
    return kind == CostKind.OBD
        ? diagonal
        : Arrays.stream(inverse().diagonal()).map(each -> 1 / each).toArray();
  }

  /** Positions among the live of those indices that are live. */
  public int[] positions(int[] indices) {
    return Arrays.stream(indices)
        .map(index -> Arrays.binarySearch(live, index))
        .filter(position -> position >= 0)
        .toArray();
  }

  /** One value for each index, 0 for dead ones. */
  public double[] spread(double[] values, int full) {
    double[] spread = new double[full];
    for (int i = 0; i < live.length; i++) {
      spread[live[i]] = values[i];
    }
    return spread;
  }

  String name() {
    return name;
  }

  /**
   * How well the factor could be inverted.
   *
   * @param full size with the dead indices
   */
  FactorHealth health(int full) {
    int dead = full - live.length;
    return inverse == null
        ? FactorHealth.notInverted(name, diagonal, dead, constant)
        : FactorHealth.inverted(name, diagonal, dead, inverse);
  }

  @Override
  public void close() {
    if (inverseIsOwn) {
      inverse.close();
    }
    scope.close();
  }
}
