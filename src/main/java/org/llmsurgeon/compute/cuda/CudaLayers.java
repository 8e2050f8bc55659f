package org.llmsurgeon.compute.cuda;

import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.compute.Gated;
import org.llmsurgeon.compute.Norm;
import org.llmsurgeon.compute.Rotary;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.cuda.operand.CudaKernels;
import org.llmsurgeon.compute.cuda.operand.CudaParts;
import org.llmsurgeon.compute.cuda.operand.CudaScratch;
import org.llmsurgeon.compute.cuda.operand.CudaTensor;

/** Biases, norms, activations and rotary positions of the cuda device. */
final class CudaLayers {
  private final CudaParts parts;
  private final CudaKernels kernels;
  private final CudaSums sums;

  CudaLayers(CudaParts parts, CudaSums sums) {
    this.parts = parts;
    this.kernels = parts.kernels();
    this.sums = sums;
  }

  void addBias(CudaTensor bias, CudaTensor x) {
    ShapeChecks.shape("bias", bias, 1, x.columns());
    ShapeChecks.samePrecision(bias, x);
    x.requireSingle();
    x.mustNotOverlap(bias);
    if (x.size() > 0) {
      kernels.of("addBias").reading(bias).writing(x).whole(x.columns()).rows(x.rows(), x.columns());
    }
  }

  void normalize(Norm norm, CudaTensor x, CudaTensor out) {
    ShapeChecks.sameShape("x", x, "out", out);
    check(norm, x, out);
    if (x.size() > 0) {
      kernels
          .of("normalize")
          .reading(x)
          .reading(CudaTensor.of(norm.gain()))
          .reading(bias(norm))
          .writing(out)
          .whole(x.columns())
          .whole(layer(norm))
          .real(norm.epsilon())
          .rows(x.rows(), x.columns());
    }
  }

  void normalizeBackward(Norm norm, CudaTensor x, CudaTensor dOut, CudaTensor dx) {
    ShapeChecks.sameShape("x", x, "dOut", dOut);
    ShapeChecks.sameShape("x", x, "dx", dx);
    check(norm, x, dOut, dx);
    dx.mustNotOverlap(x, dOut);
    if (x.size() > 0) {
      kernels
          .of("normalizeBackward")
          .reading(x)
          .reading(CudaTensor.of(norm.gain()))
          .reading(dOut)
          .writing(dx)
          .whole(x.columns())
          .whole(layer(norm))
          .real(norm.epsilon())
          .rows(x.rows(), x.columns());
    }
  }

  void normalizeWeightGradients(
      Norm norm, CudaTensor x, CudaTensor dOut, CudaTensor dGain, CudaTensor dBias) {
    ShapeChecks.sameShape("x", x, "dOut", dOut);
    ShapeChecks.shape("dGain", dGain, 1, x.columns());
    if ((dBias == null) != (norm.bias() == null)) {
      throw new IllegalArgumentException("dBias must be given if and only if the norm has a bias");
    }
    check(norm, x, dOut, dGain);
    if (dBias != null) {
      ShapeChecks.shape("dBias", dBias, 1, x.columns());
      ShapeChecks.samePrecision(x, dBias);
      sums.addColumns(dOut, null, dBias);
    }
    if (x.size() == 0) {
      return;
    }
    try (CudaScratch scratch = parts.scratch()) {
      long moments = scratch.doubles(2L * x.rows());
      kernels
          .of("normMoments")
          .reading(x)
          .wide(moments)
          .whole(x.columns())
          .whole(layer(norm))
          .real(norm.epsilon())
          .rows(x.rows(), x.columns());
      sums.addStretches(
          x,
          dGain,
          (out, rows) ->
              kernels
                  .of("normGainDots")
                  .reading(x)
                  .reading(dOut)
                  .wide(moments)
                  .wide(out)
                  .whole(x.rows())
                  .whole(x.columns())
                  .whole(rows));
    }
  }

  private static void check(Norm norm, CudaTensor x, CudaTensor... others) {
    ShapeChecks.norm(norm, x.columns());
    ShapeChecks.samePrecision(x, others);
    ShapeChecks.samePrecision(x, norm.gain(), norm.bias());
    x.requireSingle();
  }

  private static CudaTensor bias(Norm norm) {
    return norm.bias() == null ? null : CudaTensor.of(norm.bias());
  }

  private static int layer(Norm norm) {
    return norm.kind() == Norm.Kind.LAYER ? 1 : 0;
  }

  /** Refuses what only the processor computes. */
  static void require(boolean supported, String what) {
    if (!supported) {
      throw new InputException(
          "A card does not compute this model (" + what + "); run it on the processor.");
    }
  }

  void activate(Activation activation, CudaTensor x, CudaTensor out) {
    ShapeChecks.sameShape("x", x, "out", out);
    ShapeChecks.samePrecision(x, out);
    x.requireSingle();
    kernels
        .of("activate")
        .whole(activation.ordinal())
        .reading(x)
        .writing(out)
        .wide(x.size())
        .over(x.size());
  }

  void activateBackward(Activation activation, CudaTensor x, CudaTensor dOut, CudaTensor dx) {
    ShapeChecks.sameShape("x", x, "dOut", dOut);
    ShapeChecks.sameShape("x", x, "dx", dx);
    ShapeChecks.samePrecision(x, dOut, dx);
    x.requireSingle();
    kernels
        .of("activateBackward")
        .whole(activation.ordinal())
        .reading(x)
        .reading(dOut)
        .writing(dx)
        .wide(x.size())
        .over(x.size());
  }

  void gate(Activation activation, Gated in, CudaTensor out) {
    CudaTensor gate = CudaTensor.of(in.gate());
    CudaTensor up = CudaTensor.of(in.up());
    ShapeChecks.sameShape("gate", gate, "up", up);
    ShapeChecks.sameShape("gate", gate, "out", out);
    ShapeChecks.samePrecision(gate, up, out);
    gate.requireSingle();
    kernels
        .of("gate")
        .whole(activation.ordinal())
        .reading(gate)
        .reading(up)
        .writing(out)
        .wide(out.size())
        .over(out.size());
  }

  void gateBackward(Activation activation, Gated in, CudaTensor dOut, Gated gradients) {
    CudaTensor gate = CudaTensor.of(in.gate());
    CudaTensor up = CudaTensor.of(in.up());
    CudaTensor dGate = CudaTensor.of(gradients.gate());
    CudaTensor dUp = CudaTensor.of(gradients.up());
    ShapeChecks.sameShape("gate", gate, "up", up);
    ShapeChecks.sameShape("gate", gate, "dOut", dOut);
    ShapeChecks.sameShape("gate", gate, "gradients.gate", dGate);
    ShapeChecks.sameShape("gate", gate, "gradients.up", dUp);
    ShapeChecks.samePrecision(gate, up, dOut, dGate, dUp);
    gate.requireSingle();
    dGate.mustNotOverlap(gate, up, dOut, dUp);
    dUp.mustNotOverlap(gate, up, dOut);
    kernels
        .of("gateBackward")
        .whole(activation.ordinal())
        .reading(gate)
        .reading(up)
        .reading(dOut)
        .writing(dGate)
        .writing(dUp)
        .wide(gate.size())
        .over(gate.size());
  }

  /** Rotates forth with direction 1, back with -1. */
  void rotate(Rotary rotary, float direction, CudaTensor x) {
    ShapeChecks.rotary(rotary, x);
    ShapeChecks.samePrecision(x, rotary.cosine(), rotary.sine());
    x.requireSingle();
    int half = rotary.cosine().columns();
    int pairs = x.columns() / rotary.headDimension() * half;
    kernels
        .of("rotate")
        .reading(CudaTensor.of(rotary.cosine()))
        .reading(CudaTensor.of(rotary.sine()))
        .writing(x)
        .whole(pairs)
        .whole(half)
        .whole(rotary.headDimension())
        .whole(rotary.sequenceLength())
        .single(direction)
        .rows(pairs == 0 ? 0 : x.rows(), pairs);
  }
}
