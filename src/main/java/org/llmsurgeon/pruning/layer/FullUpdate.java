package org.llmsurgeon.pruning.layer;

import java.util.Arrays;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.CurvatureOperator;
import org.llmsurgeon.curvature.NotPositiveDefiniteException;
import org.llmsurgeon.pruning.structure.ElementMask;

/**
 * The cheapest change with all removed weights of a layer gone (method, section 4, ours). With
 * {@code D} the change of the weight, minus the weight where it is removed, the gradient {@code F
 * D} must vanish where it is kept; conjugate gradients find {@code X}, {@code D} where it is kept:
 *
 * <pre>
 * keep * (F X) = keep * (F (removed * W)),   preconditioned by  keep * (F^-1 R)
 * </pre>
 *
 * <p>{@code F} is the damped curvature, {@code F X = G X A} for a Kronecker product; the
 * preconditioner may know better what is kept ({@link CurvatureOperator#among}). Each step lowers
 * the cost {@code 1/2 <D, F D>} by half of its length times {@code r^T F^-1 r}, and so what further
 * steps promise is known without another product. Time: a product and a solve a step; memory: six
 * matrices of the layer's size and two of each factor's.
 */
public final class FullUpdate implements MaskedUpdate {
  private final Device device;
  private final String name;
  private final CurvatureOperator curvature;
  private final ElementUpdate.Full options;

  /**
   * An update by conjugate gradients.
   *
   * @param device where the layer lives
   * @param name of the layer, for messages
   * @param curvature damped, over what is live
   * @param options when to stop
   */
  public FullUpdate(
      Device device, String name, CurvatureOperator curvature, ElementUpdate.Full options) {
    this.device = device;
    this.name = name;
    this.curvature = curvature;
    this.options = options;
  }

  @Override
  public Outcome apply(ElementMask removed, Tensor updated) {
    return from(removed, updated, updated);
  }

  /**
   * As {@link #apply}, from somewhere else than the weight.
   *
   * @param removed which live weights go
   * @param weight the weight that the change is measured from; may be the start itself
   * @param start where to begin, as near to the optimum as is known; changed in place
   */
  Outcome from(ElementMask removed, Tensor weight, Tensor start) {
    try (TensorScope work = new TensorScope(device)) {
      return new Iteration(work, removed, start).run(weight);
    }
  }

  /** By how much the last five steps lowered the cost: what further ones promise. */
  private final class Gains {
    private final double[] last = new double[5];
    private double cost;
    private int steps;

    Gains(double cost) {
      this.cost = cost;
    }

    void add(double gain) {
      last[steps++ % last.length] = gain;
      cost -= gain;
    }

    boolean promiseMore() {
      return steps < last.length || Arrays.stream(last).sum() > options.gain() * cost;
    }
  }

  /** One solve; letters as in the formula and in textbooks of the method. */
  private final class Iteration {
    private final CurvatureOperator among;
    private final Tensor kept;
    private final Tensor w;
    private final Tensor r;
    private final Tensor p;
    private final Tensor product;

    Iteration(TensorScope work, ElementMask removed, Tensor updated) {
      kept = work.own(removed.kept(device, Precision.DOUBLE));
      among = curvature.among(work, kept);
      w = updated;
      r = like(work);
      p = like(work);
      product = like(work);
    }

    private Tensor like(TensorScope work) {
      return work.empty(Precision.DOUBLE, kept.rows(), kept.columns());
    }

    /** Turns {@code w} into {@code keep * w + X}. */
    Outcome run(Tensor from) {
      // r = keep * (F (from - keep * w)), with p for what is in brackets
      device.copy(w, r);
      device.multiplyElements(kept, r);
      device.copy(from, p);
      device.add(-1, r, p);
      device.copy(r, w);
      curvature.times(p, product);
      double cost = 0.5 * dot(p, product);
      device.multiplyElements(kept, product);
      device.copy(product, r);
      double start = norm(r);
      return start == 0 ? Outcome.NOTHING_TO_DO : iterate(start, new Gains(cost));
    }

    private Outcome iterate(double start, Gains gains) {
      double residual = 1;
      double energy = 0;
      int step = 0;
      while (step < options.mostSteps() && residual > options.tolerance() && gains.promiseMore()) {
        precondition();
        double next = checked(dot(r, product));
        if (next <= 0) {
          break; // the residual is rounding alone
        }
        device.scale(step == 0 ? 0 : next / energy, p);
        device.add(1, product, p);
        energy = next;
        timesCurvature(p);
        double length = checked(energy / positive(dot(p, product)));
        device.add(length, p, w);
        device.add(-length, product, r);
        residual = checked(norm(r) / start);
        gains.add(0.5 * length * energy);
        step++;
      }
      return new Outcome(step, residual, residual <= options.tolerance() || !gains.promiseMore());
    }

    private double norm(Tensor x) {
      return checked(Math.sqrt(dot(x, x)));
    }

    /** {@code product = keep * (F x)}. */
    private void timesCurvature(Tensor x) {
      curvature.times(x, product);
      device.multiplyElements(kept, product);
    }

    /** {@code product = keep * (F^-1 r)}. */
    private void precondition() {
      among.solve(r, product);
      device.multiplyElements(kept, product);
    }

    private double dot(Tensor x, Tensor y) {
      return Arrays.stream(device.rowDots(x, y)).sum();
    }

    // Only a sum of more than two Kronecker products can be indefinite
    private double positive(double form) {
      if (form <= 0) {
        throw new NotPositiveDefiniteException(
            "The curvature of " + name + " along an update", 0, new double[] {form});
      }
      return form;
    }

    private double checked(double value) {
      if (!Double.isFinite(value)) {
        throw new NonFiniteException(name, "update of the weights that stay");
      }
      return value;
    }
  }
}
