package org.llmsurgeon.curvature;

import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;

/**
 * The power iteration that {@link KroneckerStep} describes, for one layer in one process. Tests
 * compare its steps, which are those of the program, with the singular values of a whole Fisher.
 */
final class NearestKronecker implements AutoCloseable {
  private final Device device;
  private final String layer;
  private final List<KroneckerTerm> earlier;
  private Tensor unitG;
  private Tensor unitA;
  private boolean gathersG = true;
  private double sigma;
  private double lastSigma;

  /**
   * A cold start from {@code A_hat = I / |I|}, which is orthogonal to no positive semi-definite
   * factor.
   *
   * @param device where everything lives
   * @param layer name of the layer, for messages
   * @param inputs columns of the weight, the bias counted
   * @param earlier terms that are subtracted, in double; must stay open and unchanged while this is
   *     used
   */
  public NearestKronecker(Device device, String layer, int inputs, List<KroneckerTerm> earlier) {
    this(device, layer, earlier, identity(device, inputs));
  }

  private NearestKronecker(Device device, String layer, List<KroneckerTerm> earlier, Tensor start) {
    this.device = device;
    this.layer = layer;
    this.earlier = List.copyOf(earlier);
    this.unitA = start;
    KroneckerStep.normalise(device, start);
  }

  /**
   * A warm start.
   *
   * @param device where everything lives
   * @param layer name of the layer, for messages
   * @param a symmetric and not 0, {@code [in, in]}, for example last shot's; copied
   * @param earlier terms that are subtracted, in double; must stay open and unchanged while this is
   *     used
   */
  public static NearestKronecker warm(
      Device device, String layer, Tensor a, List<KroneckerTerm> earlier) {
    Tensor start = device.empty(Precision.DOUBLE, a.rows(), a.columns());
    device.copy(a, start);
    return new NearestKronecker(device, layer, earlier, start);
  }

  private static Tensor identity(Device device, int size) {
    Tensor identity = device.zeros(Precision.DOUBLE, size, size);
    device.addDiagonal(identity, 1);
    return identity;
  }

  /** Whether the next pass gathers {@code G}, with weights from {@code A}; else the reverse. */
  public boolean gathersG() {
    return gathersG;
  }

  /** The matrix that weighs tokens in the next pass: of unit norm, in double; not to be written. */
  public Tensor weighing() {
    return gathersG ? unitA : unitG;
  }

  /**
   * Ends a half step.
   *
   * @param mean what a pass over all data gathered with {@link #weighing}; double, changed
   * @throws NonFiniteException if it is not finite
   */
  public void take(Tensor mean) {
    KroneckerStep.subtract(
        device,
        mean,
        weighing(),
        earlier.stream()
            .map(
                term ->
                    gathersG
                        ? new KroneckerStep.Sides(term.g(), term.a())
                        : new KroneckerStep.Sides(term.a(), term.g()))
            .toList());
    NonFiniteException.check(device, mean, layer, gathersG ? "factor G" : "factor A");
    Tensor unit = device.empty(Precision.DOUBLE, mean.rows(), mean.columns());
    device.copy(mean, unit);
    lastSigma = sigma;
    sigma = KroneckerStep.normalise(device, unit);
    Tensor before = gathersG ? unitG : unitA;
    if (before != null) {
      before.close();
    }
    if (gathersG) {
      unitG = unit;
    } else {
      unitA = unit;
    }
    gathersG = !gathersG;
  }

  /** Norm of the term so far: a singular value of the rearranged Fisher, from below. */
  public double sigma() {
    return sigma;
  }

  /**
   * How much {@link #sigma} grew in the last half step, as a part of it: small when more passes
   * would change little. 0 where nothing is left to fit.
   */
  public double growth() {
    return sigma == 0 ? 0 : Math.abs(sigma - lastSigma) / sigma;
  }

  /**
   * The term after an even number of half steps: both factors of the same norm, and the trace of
   * {@code A} not negative.
   *
   * @return new tensors, owned by the caller
   * @throws IllegalStateException if only one of them was gathered
   */
  public KroneckerTerm term() {
    if (unitG == null || !gathersG) {
      throw new IllegalStateException("the term of layer " + layer + " lacks a half step");
    }
    double trace = Arrays.stream(device.diagonal(unitA)).sum();
    double factor = (trace < 0 ? -1 : 1) * Math.sqrt(sigma);
    return new KroneckerTerm(scaled(factor, unitG), scaled(factor, unitA));
  }

  private Tensor scaled(double factor, Tensor from) {
    Tensor to = device.empty(Precision.DOUBLE, from.rows(), from.columns());
    device.copy(from, to);
    device.scale(factor, to);
    return to;
  }

  @Override
  public void close() {
    unitA.close();
    if (unitG != null) {
      unitG.close();
    }
  }
}
