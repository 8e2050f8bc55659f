package org.llmsurgeon.compute;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.compute.cpu.CpuDevice;

/** Rows by the piece: their values, and how few transfers they take. */
class RowsTest {
  private final List<String> transfers = new ArrayList<>();

  /** The CPU's device, every transfer noted. */
  private Device noting(Device device) {
    return (Device)
        Proxy.newProxyInstance(
            Device.class.getClassLoader(),
            new Class<?>[] {Device.class},
            (proxy, method, arguments) -> {
              if (List.of("upload", "download").contains(method.getName())) {
                transfers.add(method.getName());
              }
              return method.invoke(device, arguments);
            });
  }

  private static double value(int row, int column) {
    return row * 1000.0 + column;
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "300, 1000, 5", "3, 70000, 3", "0, 4, 0", "7, 3, 1"})
  void rowsAreWrittenReadAndChangedInFewTransfers(int rows, int columns, int pieces) {
    try (Device cpu = CpuDevice.create();
        Tensor matrix = cpu.empty(Precision.DOUBLE, rows, columns);
        Tensor turned = cpu.empty(Precision.DOUBLE, rows, columns)) {
      Device device = noting(cpu);
      Rows.fill(
          device,
          matrix,
          (row, values) -> {
            for (int column = 0; column < columns; column++) {
              assertThat(values[column]).isZero();
              values[column] = value(row, column);
            }
          });
      assertThat(transfers).hasSize(pieces);
      transfers.clear();
      Rows.map(device, matrix, turned, (row, values) -> values[columns - 1] = -row);
      Rows.map(device, matrix, matrix, (row, values) -> values[0]++);
      assertThat(transfers).hasSize(4 * pieces);
      transfers.clear();
      List<Integer> seen = new ArrayList<>();
      Rows.each(
          device,
          matrix,
          (row, values) -> {
            seen.add(row);
            assertThat(values[0]).isEqualTo(value(row, 0) + 1);
          });
      assertThat(seen).hasSize(rows).isSorted();
      assertThat(transfers).hasSize(pieces);
      double[] last = cpu.values(turned);
      for (int row = 0; row < rows; row++) {
        assertThat(last[(row + 1) * columns - 1]).isEqualTo(-row);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"300, 1000"})
  void rowsAreReadInAnyOrderAndInPart(int rows, int columns) {
    try (Device device = CpuDevice.create();
        Tensor matrix = device.empty(Precision.SINGLE, rows, columns)) {
      Rows.fill(device, matrix, (row, values) -> values[1] = value(row, 1));
      Rows read = Rows.of(device, matrix);
      double[] part = new double[2];
      for (int row : new int[] {299, 0, 150, 149, 298}) {
        read.read(row, part);
        assertThat(part).containsExactly(0, value(row, 1));
      }
    }
  }
}
