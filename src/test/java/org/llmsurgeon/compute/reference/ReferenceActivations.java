package org.llmsurgeon.compute.reference;

import static org.llmsurgeon.compute.reference.ReferenceTensor.of;

import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.compute.Gated;
import org.llmsurgeon.compute.NetworkKernels;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.Tensor;

/** Elementwise non-linearities and gated products of {@link ReferenceDevice}, by definition. */
final class ReferenceActivations {
  private static final double TANH_SCALE = Math.sqrt(2 / Math.PI);
  private static final double TANH_CUBIC = 0.044715;

  private ReferenceActivations() {}

  /** See {@link NetworkKernels#activate}. */
  static void activate(Activation activation, Tensor x, Tensor out) {
    ReferenceTensor in = of(x);
    ReferenceTensor result = of(out);
    ShapeChecks.sameShape("x", x, "out", out);
    ShapeChecks.samePrecision(x, out);
    for (long i = 0; i < in.size(); i++) {
      result.set(i, value(activation, in.at(i)));
    }
  }

  /** See {@link NetworkKernels#activateBackward}. */
  static void activateBackward(Activation activation, Tensor x, Tensor dOut, Tensor dx) {
    ReferenceTensor in = of(x);
    ReferenceTensor gradient = of(dOut);
    ReferenceTensor result = of(dx);
    ShapeChecks.sameShape("x", x, "dOut", dOut);
    ShapeChecks.sameShape("x", x, "dx", dx);
    ShapeChecks.samePrecision(x, dOut, dx);
    for (long i = 0; i < in.size(); i++) {
      result.set(i, derivative(activation, in.at(i)) * gradient.at(i));
    }
  }

  /** See {@link NetworkKernels#gate}. */
  static void gate(Activation activation, Gated in, Tensor out) {
    ReferenceTensor gate = of(in.gate());
    ReferenceTensor up = of(in.up());
    ReferenceTensor result = of(out);
    ShapeChecks.sameShape("gate", gate, "up", up);
    ShapeChecks.sameShape("gate", gate, "out", out);
    ShapeChecks.samePrecision(gate, up, out);
    for (long i = 0; i < gate.size(); i++) {
      result.set(i, value(activation, gate.at(i)) * up.at(i));
    }
  }

  /** See {@link NetworkKernels#gateBackward}. */
  static void gateBackward(Activation activation, Gated in, Tensor dOut, Gated gradients) {
    ReferenceTensor gate = of(in.gate());
    ReferenceTensor up = of(in.up());
    ReferenceTensor gradient = of(dOut);
    ReferenceTensor dGate = of(gradients.gate());
    ReferenceTensor dUp = of(gradients.up());
    ShapeChecks.sameShape("gate", gate, "up", up);
    ShapeChecks.sameShape("gate", gate, "dOut", dOut);
    ShapeChecks.sameShape("gate", gate, "gradients.gate", dGate);
    ShapeChecks.sameShape("gate", gate, "gradients.up", dUp);
    ShapeChecks.samePrecision(gate, up, dOut, dGate, dUp);
    for (ReferenceTensor written : new ReferenceTensor[] {dGate, dUp}) {
      written.mustNotOverlap(gate);
      written.mustNotOverlap(up);
      written.mustNotOverlap(gradient);
    }
    dGate.mustNotOverlap(dUp);
    for (long i = 0; i < gate.size(); i++) {
      dGate.set(i, derivative(activation, gate.at(i)) * up.at(i) * gradient.at(i));
      dUp.set(i, value(activation, gate.at(i)) * gradient.at(i));
    }
  }

  private static double value(Activation activation, double x) {
    return switch (activation) {
      case RELU -> Math.max(0, x);
      case GELU -> x * ErrorFunction.normalDistribution(x);
      case GELU_TANH -> 0.5 * x * (1 + Math.tanh(tanhArgument(x)));
      case SILU -> x * logistic(x);
      case TANH -> Math.tanh(x);
    };
  }

  private static double derivative(Activation activation, double x) {
    return switch (activation) {
      case RELU -> x > 0 ? 1 : 0;
      // (x Phi)' = Phi + x phi
      case GELU -> ErrorFunction.normalDistribution(x) + x * ErrorFunction.normalDensity(x);
      case GELU_TANH -> geluTanhDerivative(x);
      // (x s)' = s + x s (1 - s)
      case SILU -> logistic(x) * (1 + x * logistic(-x));
      case TANH -> (1 - Math.tanh(x)) * (1 + Math.tanh(x));
    };
  }

  /** {@code (1 + tanh u) / 2 + x/2 (1 - tanh^2 u) u'}, with {@code u} of {@link #tanhArgument}. */
  private static double geluTanhDerivative(double x) {
    double tanh = Math.tanh(tanhArgument(x));
    double slope = TANH_SCALE * (1 + 3 * TANH_CUBIC * x * x);
    return 0.5 * (1 + tanh) + 0.5 * x * (1 - tanh) * (1 + tanh) * slope;
  }

  /** {@code sqrt(2/pi) (x + 0.044715 x^3)}. */
  private static double tanhArgument(double x) {
    return TANH_SCALE * (x + TANH_CUBIC * x * x * x);
  }

  /** {@code 1 / (1 + exp(-x))}. */
  private static double logistic(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
