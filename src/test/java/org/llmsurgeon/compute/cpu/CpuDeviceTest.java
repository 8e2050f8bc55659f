package org.llmsurgeon.compute.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.compute.AttentionInputs;
import org.llmsurgeon.compute.AttentionShape;
import org.llmsurgeon.compute.DeviceContract;
import org.llmsurgeon.compute.Gated;
import org.llmsurgeon.compute.Norm;
import org.llmsurgeon.compute.PlainMatrix;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Rotary;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.Workspace;
import org.llmsurgeon.compute.cpu.kernel.CpuRowKernels;
import org.llmsurgeon.compute.cpu.operand.CpuBlas;

/** The contract with both kinds of row kernels, and what the cpu device promises beyond it. */
class CpuDeviceTest {
  @Nested
  class WithTheVectorApi extends CpuContract {
    private static final CpuDevice DEVICE = CpuDevice.create(CpuRowKernels.fastest());

    @Override
    public CpuDevice device() {
      return DEVICE;
    }

    @AfterAll
    static void close() {
      DEVICE.close();
    }
  }

  @Nested
  class WithPlainLoops extends CpuContract {
    private static final CpuDevice DEVICE = CpuDevice.create(CpuRowKernels.plain());

    @Override
    public CpuDevice device() {
      return DEVICE;
    }

    @AfterAll
    static void close() {
      DEVICE.close();
    }
  }

  @Test
  void theVectorApiIsUsedUnlessTurnedOff() {
    assertThat(CpuRowKernels.fastest()).doesNotHaveSameClassAs(CpuRowKernels.plain());
    String before = System.setProperty("surgeon.vector", "false");
    try {
      assertThat(CpuRowKernels.fastest()).hasSameClassAs(CpuRowKernels.plain());
    } finally {
      if (before == null) {
        System.clearProperty("surgeon.vector");
      } else {
        System.setProperty("surgeon.vector", before);
      }
    }
  }

  @Test
  void threadsOfBlasComeFromTheEnvironmentElseOne() {
    assertThat(CpuBlas.threads(null)).isEqualTo(1);
    assertThat(CpuBlas.threads("4")).isEqualTo(4);
    assertThat(CpuBlas.threads(" 12 ")).isEqualTo(12);
    assertThat(CpuBlas.threads("0")).isEqualTo(1);
    assertThat(CpuBlas.threads("-3")).isEqualTo(1);
    assertThat(CpuBlas.threads("all")).isEqualTo(1);
  }

  /** The contract at the sizes where this device's panels, blocks and tiles meet. */
  abstract static class CpuContract extends DeviceContract {
    @ParameterizedTest
    @EnumSource(Precision.class)
    void packedGramsOfSeveralPanelsAreRight(Precision precision) {
      PlainMatrix x = PlainMatrix.random(5, 450, 1);
      for (Precision sum : Precision.values()) {
        PlainMatrix before = PlainMatrix.random(1, 450 * 451 / 2, 2);
        double[] expected = x.transposed().times(x).packed();
        for (int i = 0; i < expected.length; i++) {
          expected[i] = 0.5 * expected[i] + before.values()[i];
        }
        try (Workspace work = workspace(precision)) {
          Tensor packed = work.tensor(sum, before);
          device().addGramPacked(0.5, work.tensor(x), packed);
          boolean single = precision == Precision.SINGLE || sum == Precision.SINGLE;
          Tolerances.Level level = single ? Tolerances.SINGLE : Tolerances.DOUBLE;
          Tolerances.assertClose("packed", work.values(packed), expected, level.product());
        }
      }
    }

    @Test
    void attentionOfSeveralBlocksIsThatOfTheReference() {
      AttentionShape shape = new AttentionShape(2, 300, 4, 2, 20, 0.25);
      assertAsReference(
          "attention",
          Tolerances.SINGLE.product(),
          work -> {
            AttentionInputs in = inputs(work, shape, 1);
            Tensor out = work.blank(600, 80);
            work.device().attention(shape, in, out);
            AttentionInputs gradients =
                new AttentionInputs(work.blank(600, 80), work.blank(600, 40), work.blank(600, 40));
            Tensor dOut = work.random(600, 80, 4);
            work.device().attentionBackward(shape, in, out, dOut, gradients);
            return List.of(out, gradients.queries(), gradients.keys(), gradients.values());
          });
    }

    @Test
    void lossesOverSeveralTilesAreThoseOfTheReference() {
      int[] targets = {0, 2047, 2048, -1, 5000};
      assertAsReference(
          "cross-entropy",
          Tolerances.SINGLE.elementwise(),
          work -> {
            Tensor logits = work.random(5, 5001, 1);
            work.device().scale(20, logits);
            Tensor losses = work.perRow(work.losses(logits, targets));
            double[] weights = {1, -2, 3, 4, 0.5};
            work.device().crossEntropyBackward(logits, work.perRow(targets), weights);
            return List.of(losses, logits);
          });
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void activationsKeepTheirDigitsFarFromZero(Activation activation) {
      double[] x = new double[2801];
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) ((i - 1400) * 0.01);
      }
      assertAsReference(
          activation.name(),
          2e-7,
          work -> {
            Tensor in = work.tensor(1, x.length, x);
            Tensor out = work.blank(1, x.length);
            work.device().activate(activation, in, out);
            return List.of(out);
          });
      assertAsReference(
          activation + " backward",
          5e-7,
          work -> {
            Tensor in = work.tensor(1, x.length, x);
            Tensor slope = work.tensor(1, x.length, ones(x.length));
            work.device().activateBackward(activation, in, slope, slope);
            return List.of(slope);
          });
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void notANumberPassesThroughActivations(Activation activation) {
      try (Workspace work = workspace(Precision.SINGLE)) {
        Tensor x = work.tensor(1, 3, 1, Double.NaN, 2);
        Tensor out = work.blank(1, 3);
        device().activate(activation, x, out);
        assertThat(device().firstNonFinite(out)).isEqualTo(1);
        assertThat(work.values(out)[2]).isFinite();
        Tensor slope = work.tensor(1, 3, 1, 1, 1);
        device().activateBackward(activation, x, slope, slope);
        assertThat(device().firstNonFinite(slope)).isEqualTo(1);
      }
    }

    @Test
    void notANumberPassesThroughAttentionAndLosses() {
      AttentionShape shape = new AttentionShape(1, 3, 1, 1, 2, 1);
      try (Workspace work = workspace(Precision.SINGLE)) {
        AttentionInputs in = inputs(work, shape, 1);
        device().upload(new float[] {Float.NaN}, 0, in.keys(), 2, 1);
        Tensor out = work.blank(3, 2);
        device().attention(shape, in, out);
        assertThat(device().firstNonFinite(out)).isEqualTo(2);
        double[] losses = work.losses(in.keys(), 0, 0, 0);
        assertThat(losses[0]).isFinite();
        assertThat(losses[1]).isNaN();
      }
    }

    @Test
    void rowsFarFromZeroAreNormalisedAsWell() {
      assertAsReference(
          "norm",
          3e-7,
          work -> {
            double[] values = PlainMatrix.random(3, 777, 1).values();
            for (int i = 0; i < values.length; i++) {
              values[i] = (float) (values[i] + 100);
            }
            Tensor x = work.tensor(3, 777, values);
            Norm norm = new Norm(Norm.Kind.LAYER, work.random(1, 777, 2), null, 1e-5);
            work.device().normalize(norm, x, x);
            return List.of(x);
          });
    }

    @Test
    void outputsThatOverlapInputsAreRefused() {
      try (Workspace work = workspace(Precision.SINGLE)) {
        Tensor whole = work.zeros(6, 3);
        Tensor upper = whole.rowRange(0, 3);
        Tensor square = work.zeros(3, 3);
        assertThatThrownBy(() -> device().multiply(1, upper, square, 0, whole.rowRange(2, 5)))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("overlaps");
        device().multiply(1, upper, square, 0, whole.rowRange(3, 6));
      }
    }

    @Test
    void networkKernelsRefuseDoublePrecision() {
      try (Workspace work = workspace(Precision.DOUBLE)) {
        Tensor x = work.zeros(2, 4);
        Norm norm = new Norm(Norm.Kind.RMS, work.zeros(1, 4), null, 1);
        List<Runnable> calls =
            List.of(
                () -> device().embed(x, new int[2], work.zeros(2, 4)),
                () -> device().addBias(work.zeros(1, 4), x),
                () -> device().addColumnSums(x, work.zeros(1, 4)),
                () -> device().normalize(norm, x, x),
                () -> device().normalizeBackward(norm, x, x, work.zeros(2, 4)),
                () -> device().activate(Activation.SILU, x, x),
                () -> device().gate(Activation.SILU, new Gated(x, x), work.zeros(2, 4)),
                () -> device().rotate(new Rotary(work.zeros(2, 2), work.zeros(2, 2), 2), x),
                () -> device().crossEntropy(x, new int[2], work.perRow(new double[2])),
                () -> device().crossEntropyBackward(x, work.perRow(new double[2]), new double[2]));
        for (Runnable call : calls) {
          assertThatThrownBy(call::run)
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageContaining("single precision only");
        }
      }
    }

    private static AttentionInputs inputs(Workspace work, AttentionShape shape, long seed) {
      int tokens = shape.sequences() * shape.length();
      int width = shape.keyValueHeads() * shape.headDimension();
      return new AttentionInputs(
          work.random(tokens, shape.heads() * shape.headDimension(), seed),
          work.random(tokens, width, seed + 1),
          work.random(tokens, width, seed + 2));
    }

    private static double[] ones(int n) {
      double[] ones = new double[n];
      Arrays.fill(ones, 1);
      return ones;
    }
  }
}
