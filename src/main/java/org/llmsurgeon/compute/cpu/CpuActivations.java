package org.llmsurgeon.compute.cpu;

import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.compute.Gated;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.cpu.kernel.CpuRowKernels;
import org.llmsurgeon.compute.cpu.operand.CpuMemory;
import org.llmsurgeon.compute.cpu.operand.CpuTensor;

/** Non-linearities and gated products of the cpu device. */
final class CpuActivations {
  private static final int TILE = CpuElementwise.TILE;

  private final CpuRowKernels kernels;

  CpuActivations(CpuRowKernels kernels) {
    this.kernels = kernels;
  }

  private static float[] tile(CpuTensor x) {
    return new float[CpuRowKernels.padded(CpuElementwise.tile(x))];
  }

  private static int count(CpuTensor x, long at) {
    return (int) Math.min(TILE, x.size() - at);
  }

  private static void check(CpuTensor x, CpuTensor... others) {
    x.requireSingle();
    ShapeChecks.samePrecision(x, others);
    for (CpuTensor other : others) {
      ShapeChecks.sameShape("the input", x, "its counterpart", other);
    }
  }

  void activate(Activation activation, CpuTensor x, CpuTensor out) {
    check(x, out);
    CpuMemory from = x.reading();
    CpuMemory to = out.writing();
    float[] inputs = tile(x);
    float[] values = tile(x);
    for (long at = 0; at < x.size(); at += TILE) {
      int n = count(x, at);
      from.read(x.at(at), inputs, 0, n);
      kernels.activate(activation, inputs, values, n);
      to.write(out.at(at), values, 0, n);
    }
  }

  void activateBackward(Activation activation, CpuTensor x, CpuTensor dOut, CpuTensor dx) {
    check(x, dOut, dx);
    CpuMemory from = x.reading();
    CpuMemory gradient = dOut.reading();
    CpuMemory to = dx.writing();
    float[] inputs = tile(x);
    float[] values = tile(x);
    float[] slopes = tile(x);
    float[] d = tile(x);
    for (long at = 0; at < x.size(); at += TILE) {
      int n = count(x, at);
      from.read(x.at(at), inputs, 0, n);
      gradient.read(dOut.at(at), d, 0, n);
      kernels.differentiate(activation, inputs, values, slopes, n);
      for (int i = 0; i < n; i++) {
        d[i] *= slopes[i];
      }
      to.write(dx.at(at), d, 0, n);
    }
  }

  void gate(Activation activation, Gated in, CpuTensor out) {
    CpuTensor gate = CpuTensor.of(in.gate());
    CpuTensor up = CpuTensor.of(in.up());
    check(gate, up, out);
    CpuMemory gates = gate.reading();
    CpuMemory ups = up.reading();
    CpuMemory to = out.writing();
    float[] inputs = tile(out);
    float[] values = tile(out);
    float[] factors = tile(out);
    for (long at = 0; at < out.size(); at += TILE) {
      int n = count(out, at);
      gates.read(gate.at(at), inputs, 0, n);
      ups.read(up.at(at), factors, 0, n);
      kernels.activate(activation, inputs, values, n);
      for (int i = 0; i < n; i++) {
        values[i] *= factors[i];
      }
      to.write(out.at(at), values, 0, n);
    }
  }

  void gateBackward(Activation activation, Gated in, CpuTensor dOut, Gated gradients) {
    CpuTensor gate = CpuTensor.of(in.gate());
    CpuTensor up = CpuTensor.of(in.up());
    CpuTensor dGate = CpuTensor.of(gradients.gate());
    CpuTensor dUp = CpuTensor.of(gradients.up());
    check(gate, up, dOut, dGate, dUp);
    dGate.mustNotOverlap(gate, up, dOut, dUp);
    dUp.mustNotOverlap(gate, up, dOut);
    gate.reading();
    up.reading();
    dOut.reading();
    dGate.writing();
    dUp.writing();
    float[] inputs = tile(dOut);
    float[] values = tile(dOut);
    float[] slopes = tile(dOut);
    float[] factors = tile(dOut);
    float[] d = tile(dOut);
    for (long at = 0; at < dOut.size(); at += TILE) {
      int n = count(dOut, at);
      gate.reading().read(gate.at(at), inputs, 0, n);
      up.reading().read(up.at(at), factors, 0, n);
      dOut.reading().read(dOut.at(at), d, 0, n);
      kernels.differentiate(activation, inputs, values, slopes, n);
      for (int i = 0; i < n; i++) {
        slopes[i] *= factors[i] * d[i];
      }
      for (int i = 0; i < n; i++) {
        values[i] *= d[i];
      }
      dGate.writing().write(dGate.at(at), slopes, 0, n);
      dUp.writing().write(dUp.at(at), values, 0, n);
    }
  }
}
