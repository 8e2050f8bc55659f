package org.llmsurgeon.checkpoint.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.MemorySource;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.cpu.operand.CpuTensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;

class SafetensorsTest {
  @TempDir Path folder;
  private final Storage storage = new LocalStorage();
  private final Device device = new ReferenceDevice();

  private static double[] representable(DataType dtype, int count) {
    Random random = new Random(7);
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      float value = (float) random.nextGaussian();
      values[i] =
          switch (dtype) {
            case BF16 -> HalfPrecision.fromBfloat16(HalfPrecision.toBfloat16(value));
            case F16 -> HalfPrecision.fromFloat16(HalfPrecision.toFloat16(value));
            default -> value;
          };
    }
    return values;
  }

  private byte[] file(SafetensorsLayout layout, Filler filler) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (SafetensorsWriter writer = new SafetensorsWriter(layout, out, "test")) {
      filler.fill(writer);
    }
    return out.toByteArray();
  }

  /** Writes the tensors of a file. */
  private interface Filler {
    void fill(SafetensorsWriter writer) throws IOException;
  }

  @ParameterizedTest
  @CsvSource({
    "F32,3,5",
    "F32,1,1",
    "F32,0,4",
    "F32,4,0",
    "F32,700,701",
    "F16,3,5",
    "F16,1,1",
    "F16,0,4",
    "F16,700,701",
    "BF16,3,5",
    "BF16,1,1",
    "BF16,4,0",
    "BF16,700,701"
  })
  void whatIsWrittenIsReadBack(DataType dtype, int rows, int columns) throws IOException {
    double[] values = representable(dtype, rows * columns);
    for (Precision precision : Precision.values()) {
      byte[] bytes =
          file(
              new SafetensorsLayout().add("w", dtype, rows, columns),
              writer -> writer.write("w", device.tensor(precision, rows, columns, values), device));
      try (Safetensors read = Safetensors.open(new MemorySource(bytes));
          Tensor tensor = read.load("w", device)) {
        assertThat(tensor.rows()).isEqualTo(rows);
        assertThat(tensor.columns()).isEqualTo(columns);
        assertThat(tensor.precision()).isEqualTo(Precision.SINGLE);
        assertThat(device.values(tensor)).isEqualTo(values);
      }
    }
  }

  @Test
  void shapesBecomeMatrices() throws IOException {
    String header =
        "{\"scalar\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
            + "\"vector\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[4,16]},"
            + "\"cube\":{\"dtype\":\"F32\",\"shape\":[2,3,2],\"data_offsets\":[16,64]}}";
    try (Safetensors file =
        Safetensors.open(new MemorySource(MemorySource.safetensors(header, 64)))) {
      assertShape(file, "scalar", 1, 1);
      assertShape(file, "vector", 1, 3);
      assertShape(file, "cube", 2, 6);
      assertThat(file.entries().keySet()).containsExactly("scalar", "vector", "cube");
    }
  }

  private void assertShape(Safetensors file, String name, int rows, int columns) {
    try (Tensor tensor = file.load(name, device)) {
      assertThat(new int[] {tensor.rows(), tensor.columns()}).containsExactly(rows, columns);
    }
  }

  @Test
  void infinitiesAndNansOfTheFileAreKept() throws IOException {
    String header = "{\"h\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,8]}}";
    byte[] bytes = MemorySource.safetensors(header, 8);
    ByteBuffer data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    data.position(bytes.length - 8);
    data.putShort((short) 0x7c00).putShort((short) 0xfc00).putShort((short) 0x7e00);
    data.putShort((short) 0x0001);
    try (Safetensors file = Safetensors.open(new MemorySource(bytes));
        Tensor tensor = file.load("h", device)) {
      assertThat(device.values(tensor))
          .containsExactly(Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN, 0x1p-24);
    }
  }

  @Test
  void alignedFloatsOfAMappedFileAreNotCopied() throws IOException {
    double[] values = representable(DataType.F32, 12);
    Path path = folder.resolve("w.safetensors");
    Files.write(
        path,
        file(
            new SafetensorsLayout()
                .add("aligned", DataType.F32, 3, 4)
                .add("odd", DataType.BF16, 1)
                .add("shifted", DataType.F32, 3, 4),
            writer -> {
              writer.write("aligned", device.tensor(Precision.SINGLE, 3, 4, values), device);
              writer.write("odd", device.tensor(Precision.SINGLE, 1, 1, 1), device);
              writer.write("shifted", device.tensor(Precision.SINGLE, 3, 4, values), device);
            }));
    try (Device cpu = CpuDevice.create()) {
      Tensor aligned;
      Tensor shifted;
      try (Safetensors file = Safetensors.open(storage.open(path.toString()))) {
        aligned = file.load("aligned", cpu);
        shifted = file.load("shifted", cpu);
        try (Tensor again = file.load("aligned", cpu)) {
          assertThat(cpu.values(again)).as("again").isEqualTo(values);
        }
      }
      assertThat(((CpuTensor) aligned).isReadOnly()).isTrue();
      assertThat(((CpuTensor) shifted).isReadOnly()).isFalse();
      assertThat(cpu.values(aligned)).isEqualTo(values);
      assertThat(cpu.values(shifted)).isEqualTo(values);
      aligned.close();
      shifted.close();
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aClosedTensorLeavesNothingOfItsFileInMemory() throws IOException {
    double[] values = representable(DataType.F32, 3000);
    Path path = folder.resolve("leaves.safetensors");
    Files.write(
        path,
        file(
            new SafetensorsLayout().add("w", DataType.F32, 30, 100),
            writer -> writer.write("w", device.tensor(Precision.SINGLE, 30, 100, values), device)));
    try (Device cpu = CpuDevice.create();
        Safetensors file = Safetensors.open(storage.open(path.toString()))) {
      try (Tensor tensor = file.load("w", cpu)) {
        assertThat(cpu.values(tensor)).isEqualTo(values);
        assertThat(inMemory(path)).isTrue();
      }
      assertThat(inMemory(path)).isFalse();
    }
  }

  private static boolean inMemory(Path file) throws IOException {
    try (Stream<String> parts = Files.lines(Path.of("/proc/self/maps"))) {
      return parts.anyMatch(each -> each.contains(file.getFileName().toString()));
    }
  }

  @Test
  void integersOfBothWidthsAreRead() throws IOException {
    int[][] values = {{1, -2, 3}, {Integer.MAX_VALUE, Integer.MIN_VALUE, 0}};
    byte[] narrow =
        file(new SafetensorsLayout().add("t", DataType.I32, 2, 3), each -> each.write("t", values));
    try (Safetensors file = Safetensors.open(new MemorySource(narrow))) {
      assertThat(file.integers("t")).isDeepEqualTo(values);
    }
    try (Safetensors file = Safetensors.open(new MemorySource(wide(3L, -4L)))) {
      assertThat(file.integers("t")).isDeepEqualTo(new int[][] {{3}, {-4}});
    }
  }

  private static byte[] wide(long first, long second) {
    byte[] bytes =
        MemorySource.safetensors(
            "{\"t\":{\"dtype\":\"I64\",\"shape\":[2,1],\"data_offsets\":[0,16]}}", 16);
    ByteBuffer.wrap(bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(bytes.length - 16, first)
        .putLong(bytes.length - 8, second);
    return bytes;
  }

  @Test
  void whatCannotBeLoadedIsNamed() throws IOException {
    try (Safetensors file = Safetensors.open(new MemorySource(wide(1L << 40, 0)))) {
      refuses(() -> file.integers("t"), "memory.safetensors", "tensor t", "1099511627776");
      refuses(() -> file.load("t", device), "tensor t", "I64");
      refuses(() -> file.load("none", device), "memory.safetensors", "none");
    }
    byte[] floats = MemorySource.safetensors(entry("F32", "[2]", 0, 8), 8);
    try (Safetensors file = Safetensors.open(new MemorySource(floats))) {
      refuses(() -> file.integers("w"), "tensor w", "F32");
    }
    byte[] other = MemorySource.safetensors(entry("F8_E4M3", "[8]", 0, 8), 8);
    try (Safetensors file = Safetensors.open(new MemorySource(other))) {
      assertThat(file.entry("w").dtype()).isEqualTo(DataType.F8_E4M3);
      refuses(() -> file.load("w", device), "tensor w", "F8_E4M3");
    }
  }

  @Test
  void aFileThatShrinksWhileItIsReadIsNamed() throws IOException {
    byte[] bytes = MemorySource.safetensors(entry("BF16", "[4]", 0, 8), 8);
    Path path = folder.resolve("shrinking.safetensors");
    Files.write(path, bytes);
    try (Safetensors file = Safetensors.open(storage.open(path.toString()))) {
      Files.write(path, Arrays.copyOf(bytes, bytes.length - 4));
      refuses(() -> file.load("w", device), "shrinking.safetensors");
    }
  }

  private static String entry(String dtype, String shape, int begin, int end) {
    return "{\"w\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}}"
        .formatted(dtype, shape, begin, end);
  }

  private static void refuses(Runnable step, String... parts) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(step::run)
        .satisfies(each -> assertThat(each.getMessage()).contains(parts));
  }
}
