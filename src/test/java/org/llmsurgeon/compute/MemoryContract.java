package org.llmsurgeon.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.llmsurgeon.Tolerances;

/** Tensors keep what is written: making, reading, writing, converting, views, closing. */
interface MemoryContract extends DeviceUnderTest {
  int[] SIZES = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 67, 130};

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void newTensorsAreZeroAndOfTheShapeAskedFor(Precision precision) {
    try (Workspace work = workspace(precision)) {
      for (int rows : SIZES) {
        for (int columns : SIZES) {
          Tensor zeros = work.zeros(rows, columns);
          assertThat(zeros.rows()).isEqualTo(rows);
          assertThat(zeros.columns()).isEqualTo(columns);
          assertThat(zeros.size()).isEqualTo((long) rows * columns);
          assertThat(zeros.precision()).isEqualTo(precision);
          assertThat(work.values(zeros)).containsOnly(new double[rows * columns]);
          Tensor empty = work.own(device().empty(precision, rows, columns));
          assertThat(empty.size()).isEqualTo((long) rows * columns);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void whatIsUploadedIsDownloaded(Precision precision) {
    try (Workspace work = workspace(precision)) {
      for (int n : SIZES) {
        PlainMatrix matrix = PlainMatrix.random(n, 7, n);
        Tolerances.assertClose("values", work.values(work.tensor(matrix)), matrix.values(), 0);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void aStretchIsWrittenAndReadWhereAsked(Precision precision) {
    try (Workspace work = workspace(precision)) {
      Tensor tensor = work.zeros(2, 3);
      device().upload(new double[] {9, 1, 2, 9}, 1, tensor, 2, 2);
      device().upload(new float[] {9, 9, 3}, 2, tensor, 5, 1);
      assertThat(work.values(tensor)).containsExactly(0, 0, 1, 2, 0, 3);

      double[] doubles = {9, 9, 9, 9};
      device().download(tensor, 2, doubles, 1, 2);
      assertThat(doubles).containsExactly(9, 1, 2, 9);
      float[] floats = {9, 9, 9};
      device().download(tensor, 3, floats, 0, 2);
      assertThat(floats).containsExactly(2, 0, 9);
    }
  }

  @Test
  default void doublesKeepAllTheirBits() {
    double[] values = {0.1, Math.PI, -1e300, Double.MIN_VALUE, Double.NaN, -0.0};
    try (Workspace work = workspace(Precision.DOUBLE)) {
      assertThat(work.values(work.tensor(1, values.length, values))).containsExactly(values);
    }
  }

  @Test
  default void conversionsToSingleRoundToNearest() {
    double[] values = {
      0.1, -0.1, 1 + 0x1p-24, 1 + 0x1.8p-23, 1e-30, 16777217, 1e-45, 0x1.fffffffp3
    };
    float[] rounded = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      rounded[i] = (float) values[i];
    }
    try (Workspace work = workspace(Precision.DOUBLE)) {
      Tensor exact = work.tensor(2, 4, values);
      Tensor copied = work.own(device().zeros(Precision.SINGLE, 2, 4));
      device().copy(exact, copied);
      Tensor uploaded = work.own(device().tensor(Precision.SINGLE, 2, 4, values));
      for (Tensor tensor : new Tensor[] {exact, copied, uploaded}) {
        float[] read = new float[values.length];
        device().download(tensor, 0, read, 0, read.length);
        assertThat(read).containsExactly(rounded);
      }
    }
  }

  @Test
  default void copiesBetweenPrecisionsKeepSingles() {
    try (Workspace work = workspace(Precision.SINGLE)) {
      PlainMatrix matrix = PlainMatrix.random(67, 5, 1);
      for (Precision from : Precision.values()) {
        for (Precision to : Precision.values()) {
          Tensor target = work.tensor(to, PlainMatrix.random(67, 5, 2));
          device().copy(work.tensor(from, matrix), target);
          assertThat(work.values(target)).containsExactly(matrix.values());
        }
      }
    }
  }

  @Test
  default void wrappedMemoryIsReadFromItsPosition() {
    ByteBuffer buffer = ByteBuffer.allocateDirect(32).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 8; i++) {
      buffer.putFloat(4 * i, i + 0.5f);
    }
    buffer.position(8);
    try (Workspace work = workspace(Precision.SINGLE)) {
      for (ByteBuffer source : new ByteBuffer[] {buffer, buffer.asReadOnlyBuffer()}) {
        Tensor tensor = work.own(device().wrap(source, 2, 2, () -> {}));
        assertThat(tensor.precision()).isEqualTo(Precision.SINGLE);
        assertThat(work.values(tensor)).containsExactly(2.5, 3.5, 4.5, 5.5);
        assertThat(source.position()).isEqualTo(8);
      }
      assertThat(device().wrap(buffer, 0, 3, () -> {}).size()).isZero();
      assertThatThrownBy(() -> device().wrap(buffer, 7, 1, () -> {}))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void viewsSeeAndChangeTheSameMemory(Precision precision) {
    try (Workspace work = workspace(precision)) {
      Tensor whole = work.tensor(4, 3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
      Tensor middle = whole.rowRange(1, 3);
      Tensor last = middle.rowRange(1, 2);
      Tensor shaped = middle.reshape(3, 2);
      assertThat(work.values(middle)).containsExactly(3, 4, 5, 6, 7, 8);
      assertThat(work.values(last)).containsExactly(6, 7, 8);
      assertThat(shaped.rows()).isEqualTo(3);
      assertThat(shaped.precision()).isEqualTo(precision);
      assertThat(work.values(whole.rowRange(2, 2))).isEmpty();

      device().scale(10, last);
      device().upload(new double[] {-1}, 0, shaped, 1, 1);
      assertThat(work.values(whole)).containsExactly(0, 1, 2, 3, -1, 5, 60, 70, 80, 9, 10, 11);
      middle.close();
      assertThat(work.values(whole)).hasSize(12);
      assertThat(work.values(middle)).containsExactly(3, -1, 5, 60, 70, 80);
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void viewsOutsideTheTensorAreRefused(Precision precision) {
    try (Workspace work = workspace(precision)) {
      Tensor tensor = work.zeros(4, 3);
      for (int[] range : new int[][] {{-1, 2}, {0, 5}, {3, 2}}) {
        assertThatThrownBy(() -> tensor.rowRange(range[0], range[1]))
            .isInstanceOf(IllegalArgumentException.class);
      }
      for (int[] shape : new int[][] {{3, 3}, {-4, -3}, {65536, 65537}}) {
        assertThatThrownBy(() -> tensor.reshape(shape[0], shape[1]))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void stretchesOutsideTheTensorOrTheArrayAreRefused(Precision precision) {
    try (Workspace work = workspace(precision)) {
      Tensor tensor = work.zeros(2, 3);
      double[] array = new double[6];
      int[][] wrong = {{0, 1, 6}, {1, 0, 6}, {-1, 0, 2}, {0, -1, 2}, {0, 0, -1}, {7, 0, 0}};
      for (int[] each : wrong) {
        assertThatThrownBy(() -> device().upload(array, each[0], tensor, each[1], each[2]))
            .as("upload %d, %d, %d", each[0], each[1], each[2])
            .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> device().download(tensor, each[1], array, each[0], each[2]))
            .as("download %d, %d, %d", each[0], each[1], each[2])
            .isInstanceOf(IllegalArgumentException.class);
      }
      assertThatThrownBy(() -> device().zeros(precision, -1, 2))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> device().empty(precision, 2, -1))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  default void closedTensorsAndTheirViewsAreRefused() {
    Tensor closed = device().zeros(Precision.SINGLE, 3, 3);
    Tensor view = closed.rowRange(0, 3);
    closed.close();
    assertThatCode(closed::close).as("closing twice").doesNotThrowAnyException();
    try (Workspace work = workspace(Precision.SINGLE)) {
      Tensor open = work.zeros(3, 3);
      for (Tensor dead : new Tensor[] {closed, view}) {
        Runnable[] uses = {
          () -> device().values(dead),
          () -> device().upload(new double[1], 0, dead, 0, 1),
          () -> device().copy(dead, open),
          () -> device().copy(open, dead),
          () -> device().multiply(1, dead, open, 0, work.zeros(3, 3)),
          () -> device().multiply(1, open, open, 0, dead),
          () -> device().scale(0, dead),
          () -> device().add(1, dead, open),
          () -> device().firstNonFinite(dead),
          () -> device().cholesky(dead),
          () -> device().activate(Activation.RELU, dead, open),
          () -> device().embed(dead, new int[] {0, 1, 2}, open),
          () -> device().crossEntropy(dead, new int[3], work.perRow(new double[3]))
        };
        for (int i = 0; i < uses.length; i++) {
          assertThatThrownBy(uses[i]::run)
              .as("use %d", i)
              .isInstanceOf(IllegalStateException.class);
        }
      }
    }
  }
}
