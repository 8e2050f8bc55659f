package org.llmsurgeon.checkpoint.arrow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.storage.SourceChannel;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.text.TokenWindows;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;

class FactorFileTest {
  @TempDir Path folder;
  private final Storage storage = new LocalStorage();
  private final Device device = new ReferenceDevice();

  private String path() {
    return folder.resolve("factor.arrow").toString();
  }

  private static FactorDescription description(int size) {
    return new FactorDescription("model.layers.0.mlp.up_proj", "A", size, 12345, Map.of("x", "y"));
  }

  private static double[] symmetric(int size) {
    Random random = new Random(size);
    double[] matrix = new double[size * size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j <= i; j++) {
        matrix[i * size + j] = (float) random.nextGaussian();
        matrix[j * size + i] = matrix[i * size + j];
      }
    }
    return matrix;
  }

  private void write(int size, int panel, double[] matrix) throws IOException {
    try (FactorFileWriter writer = new FactorFileWriter(storage, path(), description(size))) {
      for (int row = 0; row < size; row += panel) {
        int rows = Math.min(panel, size - row);
        double[] values = Arrays.copyOfRange(matrix, row * size, (row + rows) * size);
        if (row % 2 == 0) {
          writer.write(values, rows);
        } else {
          float[] floats = new float[values.length];
          for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
          }
          writer.write(floats, rows);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1", "5,1", "5,2", "5,5", "33,7", "600,101"})
  void whatIsWrittenInPanelsIsReadBack(int size, int panel) throws IOException {
    double[] matrix = symmetric(size);
    write(size, panel, matrix);
    for (Precision precision : Precision.values()) {
      try (FactorFile file = FactorFile.open(storage, path())) {
        assertThat(file.description()).isEqualTo(description(size));
        try (Tensor tensor = file.load(device, precision)) {
          assertThat(tensor.precision()).isEqualTo(precision);
          assertThat(device.values(tensor)).isEqualTo(matrix);
        }
        assertThatIllegalStateException().isThrownBy(() -> file.load(device, precision));
      }
    }
  }

  @Test
  void largeFactorsAreSplitIntoBatchesOfAtMost64Mebibytes() throws IOException {
    int size = 4200;
    float[] row = new float[size];
    try (FactorFileWriter writer = new FactorFileWriter(storage, path(), description(size))) {
      for (int i = 0; i < size; i++) {
        row[0] = i;
        writer.write(row, 1);
      }
    }
    try (ByteSource source = storage.open(path());
        BufferAllocator allocator = ArrowMemory.allocator(1 << 30);
        ArrowFileReader reader = new ArrowFileReader(new SourceChannel(source), allocator)) {
      Field column = reader.getVectorSchemaRoot().getSchema().getFields().get(0);
      assertThat(column.getName()).isEqualTo("row");
      assertThat(column.getType()).isEqualTo(new ArrowType.FixedSizeList(size));
      assertThat(reader.getRecordBlocks()).hasSize(2);
      int validity = (64 << 20) / 32 + (1 << 16);
      assertThat(reader.getRecordBlocks())
          .allMatch(block -> block.getBodyLength() <= (64 << 20) + validity);
    }
    try (FactorFile file = FactorFile.open(storage, path());
        Device cpu = CpuDevice.create();
        Tensor tensor = file.load(cpu, Precision.SINGLE)) {
      float[] first = new float[1];
      for (int i = 0; i < size; i++) {
        cpu.download(tensor, (long) i * size, first, 0, 1);
        assertThat(first[0]).isEqualTo(i);
      }
    }
  }

  @Test
  void nonFiniteNumbersAreNamedWhenWritten() throws IOException {
    FactorFileWriter writer = new FactorFileWriter(storage, path(), description(2));
    writer.write(new float[] {1, 2}, 1);
    for (double bad : new double[] {Double.NaN, 1e39}) {
      assertThatExceptionOfType(ArithmeticException.class)
          .isThrownBy(() -> writeBad(bad))
          .withMessageContaining("factor A of model.layers.0.mlp.up_proj")
          .withMessageContaining("[0, 1]");
    }
    assertThatExceptionOfType(ArithmeticException.class)
        .isThrownBy(() -> writer.write(new float[] {Float.NaN, 2}, 1))
        .withMessageContaining("[1, 0]");
    assertThatIllegalStateException().isThrownBy(() -> writer.write(new float[] {1, 2}, 1));
    writer.close();
    assertRefused("factor.arrow");
  }

  private void writeBad(double bad) throws IOException {
    String other = folder.resolve("bad" + bad).toString();
    try (FactorFileWriter writer = new FactorFileWriter(storage, other, description(2))) {
      writer.write(new double[] {1, bad}, 1);
    }
  }

  @Test
  void missingAndSurplusRowsAreErrorsOfTheWriter() throws IOException {
    FactorFileWriter writer = new FactorFileWriter(storage, path(), description(3));
    writer.write(new float[6], 2);
    assertThatIllegalArgumentException().isThrownBy(() -> writer.write(new float[6], 2));
    assertThatIllegalArgumentException().isThrownBy(() -> writer.write(new double[2], 1));
    assertThatIllegalStateException()
        .isThrownBy(writer::close)
        .withMessageContaining("2 of 3 rows");
    writer.close();
    assertRefused("factor.arrow");
  }

  private void assertRefused(String... parts) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(
            () -> {
              try (FactorFile file = FactorFile.open(storage, path())) {
                file.load(device, Precision.SINGLE).close();
              }
            })
        .satisfies(each -> assertThat(each.getMessage()).contains(parts));
  }

  private void writeLists(int width, int rows, Map<String, String> metadata) throws IOException {
    writeLists("row", width, rows, metadata);
  }

  private void writeLists(String column, int width, int rows, Map<String, String> metadata)
      throws IOException {
    ArrowListWriter.Format format =
        new ArrowListWriter.Format(column, FactorFile.FLOAT32, width, rows, metadata);
    storage.delete(path(), false);
    try (ArrowListWriter writer = new ArrowListWriter(format, storage.create(path()))) {
      for (int i = 0; i < rows; i++) {
        float[] row = new float[width];
        Arrays.fill(row, i == 2 ? Float.NEGATIVE_INFINITY : 1);
        writer.append(row, 0);
      }
      writer.finish();
    }
  }

  @Test
  void filesThatContradictThemselvesAreNamed() throws IOException {
    Map<String, String> of2 = description(2).metadata();
    writeLists(2, 1, of2);
    assertRefused("factor.arrow", "1 of the 2 rows");
    writeLists(2, 3, of2);
    assertRefused("factor.arrow", "more than the 2 rows");
    writeLists(3, 2, of2);
    assertRefused("factor.arrow", "rows of 3 numbers", "size 2");
    writeLists("other", 2, 2, of2);
    assertRefused("factor.arrow", "no column \"row\"");
    writeLists(3, 3, description(3).metadata());
    assertRefused("factor.arrow", "-Infinity at [2, 0]");
    writeLists(2, 2, Map.of("layer", "x", "kind", "A", "size", "2"));
    assertRefused("factor.arrow", "no \"tokens\"");
    writeLists(2, 2, Map.of("layer", "x", "kind", "A", "size", "two", "tokens", "1"));
    assertRefused("factor.arrow", "not a number");
    writeLists(2, 2, Map.of("layer", "x", "kind", "A", "size", "-2", "tokens", "1"));
    assertRefused("factor.arrow", "cannot be");
  }

  @Test
  void tokenFilesAreNoFactorFiles() throws IOException {
    new TokenWindows(new int[][] {{1, 2}, {3, 4}}).write(storage, path());
    assertRefused("factor.arrow", "no column \"row\"");
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    write(3, 2, symmetric(3));
    byte[] bytes = Files.readAllBytes(Path.of(path()));
    for (int length = 0; length < bytes.length; length++) {
      Files.write(Path.of(path()), Arrays.copyOf(bytes, length));
      assertRefused("factor.arrow");
    }
  }

  /** Read, perhaps as other numbers, or refused; never another failure. */
  @Test
  void everyChangedByteIsReadOrRefused() throws IOException {
    write(3, 2, symmetric(3));
    byte[] good = Files.readAllBytes(Path.of(path()));
    int refused = 0;
    for (int i = 0; i < good.length; i++) {
      byte[] bytes = good.clone();
      bytes[i] ^= (byte) (i % 2 == 0 ? 0xff : 1 << (i / 2 % 8));
      Files.write(Path.of(path()), bytes);
      try (FactorFile file = FactorFile.open(storage, path())) {
        file.load(device, Precision.SINGLE).close();
      } catch (InputException e) {
        assertThat(e.getMessage()).contains("factor.arrow");
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(good.length / 10);
  }

  @Test
  void descriptionsRefuseWhatCannotBe() {
    assertThatIllegalArgumentException().isThrownBy(() -> description(0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FactorDescription("l", "A", 1, 1, Map.of("tokens", "2")));
  }
}
