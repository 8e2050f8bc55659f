package org.llmsurgeon.checkpoint.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.MemorySource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.reference.ReferenceDevice;

class SafetensorsWriterTest {
  private final Device device = new ReferenceDevice();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private SafetensorsWriter writer(SafetensorsLayout layout) throws IOException {
    return new SafetensorsWriter(layout, out, "out.safetensors");
  }

  private void write(DataType dtype, Precision precision, double... values) throws IOException {
    SafetensorsLayout layout = new SafetensorsLayout().add("w", dtype, 2, values.length / 2);
    try (SafetensorsWriter writer = writer(layout)) {
      writer.write("w", device.tensor(precision, 2, values.length / 2, values), device);
    }
  }

  private short half(int index, int count) {
    return ByteBuffer.wrap(out.toByteArray())
        .order(ByteOrder.LITTLE_ENDIAN)
        .getShort(out.size() - 2 * count + 2 * index);
  }

  @Test
  void theHeaderKeepsTheOrderAndIsPaddedWithSpaces() throws IOException {
    SafetensorsLayout layout =
        new SafetensorsLayout()
            .metadata("format", "pt")
            .add("z", DataType.BF16, 3)
            .add("a", DataType.I32, 1, 1);
    try (SafetensorsWriter writer = writer(layout)) {
      writer.write("z", device.tensor(Precision.SINGLE, 1, 3, 1, 2, 3), device);
      writer.write("a", new int[][] {{7}});
    }
    byte[] bytes = out.toByteArray();
    long length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    assertThat(length % 8).isZero();
    assertThat(bytes).hasSize((int) (8 + length + 10));
    String header = new String(bytes, 8, (int) length, StandardCharsets.UTF_8);
    assertThat(header.strip())
        .isEqualTo(
            "{\"__metadata__\":{\"format\":\"pt\"},"
                + "\"z\":{\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[0,6]},"
                + "\"a\":{\"dtype\":\"I32\",\"shape\":[1,1],\"data_offsets\":[6,10]}}");
    try (Safetensors file = Safetensors.open(new MemorySource(bytes))) {
      assertThat(file.metadata()).containsEntry("format", "pt");
      assertThat(file.integers("a")).isDeepEqualTo(new int[][] {{7}});
    }
  }

  @Test
  void doublesAreRoundedOnceNotTwice() throws IOException {
    // Just above the tie between 1 and the next BF16: rounding to float first would make it a tie.
    double aboveTie = 1 + 0x1p-8 + 0x1p-40;
    write(DataType.BF16, Precision.DOUBLE, aboveTie, -aboveTie);
    assertThat(HalfPrecision.fromBfloat16(half(0, 2))).isEqualTo(1 + 0x1p-7f);
    assertThat(HalfPrecision.fromBfloat16(half(1, 2))).isEqualTo(-1 - 0x1p-7f);
    assertThat(HalfPrecision.fromBfloat16(HalfPrecision.toBfloat16((float) aboveTie)))
        .as("twice")
        .isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"F32", "F16", "BF16"})
  void nonFiniteValuesAreNeverWritten(DataType dtype) {
    for (Precision precision : Precision.values()) {
      for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
        assertThatExceptionOfType(ArithmeticException.class)
            .isThrownBy(() -> write(dtype, precision, 1, 2, 3, 4, bad, 6))
            .withMessageContaining("out.safetensors")
            .withMessageContaining("tensor w")
            .withMessageContaining("[1, 1]");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "F16,SINGLE,65520",
    "F16,DOUBLE,-65520",
    "BF16,SINGLE,3.4e38",
    "BF16,DOUBLE,1e39",
    "F32,DOUBLE,1e39"
  })
  void valuesBeyondTheFormatAreRefused(DataType dtype, Precision precision, double value) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> write(dtype, precision, 0, value))
        .withMessageContaining("tensor w")
        .withMessageContaining("[1, 0]")
        .withMessageContaining("range of " + dtype);
  }

  @Test
  void theLargestValuesOfTheFormatAreWritten() throws IOException {
    write(DataType.F16, Precision.SINGLE, 65504, Math.nextDown(65520f));
    assertThat(HalfPrecision.fromFloat16(half(1, 2))).isEqualTo(65504);
  }

  @Test
  void closingEarlyIsAnErrorThatNamesTheMissingTensor() throws IOException {
    SafetensorsLayout layout =
        new SafetensorsLayout().add("first", DataType.F32, 1).add("second", DataType.F32, 1);
    SafetensorsWriter writer = writer(layout);
    writer.write("first", device.zeros(Precision.SINGLE, 1, 1), device);
    assertThatIllegalStateException()
        .isThrownBy(writer::close)
        .withMessageContaining("second")
        .withMessageContaining("out.safetensors");
    writer.close();
  }

  @Test
  void aFailedWriteSpoilsTheFileAndClosingAddsNothing() throws IOException {
    SafetensorsWriter writer = writer(new SafetensorsLayout().add("w", DataType.F32, 1));
    assertThatExceptionOfType(ArithmeticException.class)
        .isThrownBy(
            () -> writer.write("w", device.tensor(Precision.SINGLE, 1, 1, Double.NaN), device));
    assertThatIllegalStateException()
        .isThrownBy(() -> writer.write("w", device.zeros(Precision.SINGLE, 1, 1), device));
    writer.close();
  }

  @Test
  void theStreamIsClosedEvenWhenTheHeaderFails() {
    boolean[] closed = new boolean[1];
    OutputStream failing =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("full");
          }

          @Override
          public void close() {
            closed[0] = true;
          }
        };
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> new SafetensorsWriter(new SafetensorsLayout(), failing, "x"));
    assertThat(closed[0]).isTrue();
  }

  @Test
  void orderShapeAndKindAreChecked() throws IOException {
    SafetensorsLayout layout =
        new SafetensorsLayout().add("w", DataType.F32, 2, 3).add("i", DataType.I32, 1, 2);
    SafetensorsWriter writer = writer(layout);
    assertThatIllegalStateException()
        .isThrownBy(() -> writer.write("i", new int[1][2]))
        .withMessageContaining("expects w, not i");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.write("w", device.zeros(Precision.SINGLE, 3, 2), device))
        .withMessageContaining("[2, 3] given as [3, 2]");
    assertThatIllegalArgumentException().isThrownBy(() -> writer.write("w", new int[2][3]));
    writer.write("w", device.zeros(Precision.SINGLE, 2, 3), device);
    assertThatIllegalArgumentException().isThrownBy(() -> writer.write("i", new int[1][3]));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.write("i", device.zeros(Precision.SINGLE, 1, 2), device));
    writer.write("i", new int[1][2]);
    assertThatIllegalStateException()
        .isThrownBy(() -> writer.write("more", new int[1][1]))
        .withMessageContaining("no more tensors");
    writer.close();
  }

  @Test
  void layoutsRefuseWhatNoFileCanHold() {
    SafetensorsLayout layout = new SafetensorsLayout().add("w", DataType.F32, 1);
    assertThatIllegalArgumentException().isThrownBy(() -> layout.add("w", DataType.F32, 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> layout.add("__metadata__", DataType.F32, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> layout.add("v", DataType.F32, -1));
    assertThatExceptionOfType(ArithmeticException.class)
        .isThrownBy(() -> layout.add("v", DataType.F32, 1L << 62));
    assertThat(layout.entries()).containsOnlyKeys("w");
  }
}
