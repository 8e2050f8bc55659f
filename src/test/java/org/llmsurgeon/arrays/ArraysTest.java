package org.llmsurgeon.arrays;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.inverse.InvertMatrix;

/** Factors, costs and files as arrays of ND4J, and the mathematics of the paper done with them. */
class ArraysTest {
  private static final int OUT = 4;
  private static final int IN = 5;
  private static final int TOKENS = 40;
  private static final CpuDevice DEVICE = CpuDevice.create();

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  private static double[] draw(int count, long seed) {
    return new Random(seed).doubles(count, -1, 1).toArray();
  }

  private static KroneckerFactors factors(TensorScope scope) {
    Device device = scope.device();
    Tensor a = scope.own(device.zeros(Precision.DOUBLE, IN, IN));
    Tensor g = scope.own(device.zeros(Precision.DOUBLE, OUT, OUT));
    Tensor x = scope.own(device.tensor(Precision.DOUBLE, TOKENS, IN, draw(TOKENS * IN, 1)));
    Tensor d = scope.own(device.tensor(Precision.DOUBLE, TOKENS, OUT, draw(TOKENS * OUT, 2)));
    device.gram(1.0 / TOKENS, x, 0, a);
    device.gram(1.0 / TOKENS, d, 0, g);
    device.mirror(a);
    device.mirror(g);
    return new KroneckerFactors(a, g, TOKENS);
  }

  @Test
  void factorsAreViewsOnTheProcessor() {
    try (TensorScope scope = new TensorScope(DEVICE)) {
      KroneckerFactors factors = factors(scope);
      FactorArrays arrays = FactorArrays.of(DEVICE, factors);
      assertThat(arrays.a().shape()).containsExactly(IN, IN);
      assertThat(arrays.tokens()).isEqualTo(TOKENS);
      arrays.g().putScalar(1, 2, 7);
      assertThat(DEVICE.values(factors.g())[OUT + 2]).isEqualTo(7);
      DEVICE.addDiagonal(factors.a(), 3);
      assertThat(arrays.a().getDouble(4, 4)).isEqualTo(DEVICE.values(factors.a())[IN * IN - 1]);
    }
  }

  @Test
  void factorsOfOtherDevicesAreCopies() {
    try (ReferenceDevice device = new ReferenceDevice();
        TensorScope scope = new TensorScope(device)) {
      KroneckerFactors factors = factors(scope);
      INDArray copy = FactorArrays.of(device, factors).a();
      assertThat(copy.data().asDouble()).containsExactly(device.values(factors.a()));
      copy.muli(2);
      assertThat(device.values(factors.a())[0]).isEqualTo(copy.getDouble(0, 0) / 2);
    }
  }

  /** What removing lines costs, from the whole Fisher {@code [out, in, out, in]}, not its parts. */
  @Test
  void costsAreThoseOfTheWholeFisherInFourDimensions() {
    try (TensorScope scope = new TensorScope(DEVICE)) {
      KroneckerFactors factors = factors(scope);
      double[] values = draw(OUT * IN, 3);
      Tensor weight = scope.own(DEVICE.tensor(Precision.DOUBLE, OUT, IN, values));
      try (LayerSurgery layer =
          new LayerSurgery(DEVICE, "layer", weight, factors, new Damping(0, 0))) {
        CostArrays costs = CostArrays.of(layer.costs(CostKind.OBS));
        INDArray w = Nd4j.createFromArray(values).reshape(OUT, IN);
        INDArray inverse = inverseFisher(FactorArrays.of(DEVICE, factors));
        double[] rows = new double[OUT];
        for (int r = 0; r < OUT; r++) {
          rows[r] = cost(w.getRow(r), inverse.get(point(r), all(), point(r), all()));
        }
        double[] columns = new double[IN];
        for (int c = 0; c < IN; c++) {
          columns[c] = cost(w.getColumn(c), inverse.get(all(), point(c), all(), point(c)));
        }
        double tolerance = Tolerances.DOUBLE.factorization();
        Tolerances.assertClose("rows", costs.rows().toDoubleVector(), rows, tolerance);
        Tolerances.assertClose("columns", costs.columns().toDoubleVector(), columns, tolerance);
      }
    }
  }

  /** The inverse of {@code F[r, c, s, d] = G[r, s] A[c, d]}. */
  private static INDArray inverseFisher(FactorArrays arrays) {
    INDArray rows = arrays.g().reshape(OUT, 1, OUT, 1).broadcast(OUT, IN, OUT, IN);
    INDArray columns = arrays.a().reshape(1, IN, 1, IN).broadcast(OUT, IN, OUT, IN);
    INDArray whole = rows.mul(columns).reshape(OUT * IN, OUT * IN);
    return inverted(whole).reshape(OUT, IN, OUT, IN);
  }

  /** {@code 1/2 w' (part of the inverse)^-1 w}. */
  private static double cost(INDArray line, INDArray part) {
    INDArray column = line.dup().reshape(line.length(), 1);
    return 0.5 * column.transpose().mmul(inverted(part.dup('c'))).mmul(column).getDouble(0);
  }

  /** Scaled, since ND4J refuses matrices whose determinant is 0 in single precision. */
  private static INDArray inverted(INDArray matrix) {
    double scale = 1 / Nd4j.diag(matrix).meanNumber().doubleValue();
    return InvertMatrix.invert(matrix.mul(scale), false).mul(scale);
  }

  @Test
  void aFileIsReadInAllItsDimensions(@TempDir Path folder) throws IOException {
    String path = folder.resolve("factors.safetensors").toString();
    double[] values = draw(24, 4);
    SafetensorsLayout layout =
        new SafetensorsLayout()
            .add("layer.A", DataType.F32, 2, 3, 4)
            .add("layer.row", DataType.F32, 4);
    try (Tensor three = DEVICE.tensor(Precision.SINGLE, 2, 12, values);
        Tensor one = DEVICE.tensor(Precision.SINGLE, 1, 4, 1, 2, 3, 4);
        SafetensorsWriter writer =
            new SafetensorsWriter(layout, Files.newOutputStream(Path.of(path)), path)) {
      writer.write("layer.A", three, DEVICE);
      writer.write("layer.row", one, DEVICE);
    }
    INDArray array;
    try (ArrayFile file = ArrayFile.open(path)) {
      assertThat(file.names()).containsExactly("layer.A", "layer.row");
      array = file.array("layer.A");
      assertThat(file.array("layer.row").shape()).containsExactly(4);
      assertThatThrownBy(() -> file.array("layer.G"))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("layer.G");
    }
    assertThat(array.shape()).containsExactly(2, 3, 4);
    assertThat(array.getFloat(1, 2, 0)).isEqualTo((float) values[20]);
    assertThat(array.sumNumber().doubleValue()).isFinite();
    assertThatThrownBy(() -> ArrayFile.open(folder.resolve("none.safetensors").toString()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("none.safetensors");
  }
}
