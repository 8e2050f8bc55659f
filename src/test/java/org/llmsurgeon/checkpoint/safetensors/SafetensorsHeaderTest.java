package org.llmsurgeon.checkpoint.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.MemorySource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.reference.ReferenceDevice;

class SafetensorsHeaderTest {
  private static final String GOOD =
      "{\"__metadata__\":{\"format\":\"pt\"},"
          + "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
          + "\"b\":{\"dtype\":\"BF16\",\"shape\":[1,2],\"data_offsets\":[8,12]}}  ";

  private static InputException refused(byte[] bytes) {
    MemorySource source = new MemorySource(bytes);
    InputException[] caught = new InputException[1];
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> Safetensors.open(source))
        .satisfies(each -> caught[0] = each);
    assertThat(source.isClosed()).isTrue();
    assertThat(caught[0].getMessage()).contains("memory.safetensors").doesNotContain("\n");
    return caught[0];
  }

  @Test
  void aGoodHeaderIsRead() throws IOException {
    try (Safetensors file =
        Safetensors.open(new MemorySource(MemorySource.safetensors(GOOD, 12)))) {
      assertThat(file.metadata()).containsExactly(Map.entry("format", "pt"));
      assertThat(file.entry("b"))
          .isEqualTo(new TensorEntry("b", DataType.BF16, new long[] {1, 2}, 8, 12));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[0]|not a JSON object",
        "{ {|not valid JSON",
        "{\"a\":|not valid JSON",
        "{} {}|goes on after",
        "{}x|not valid JSON",
        "{\"a\":3}|\"a\" in its header is not an object",
        "{\"a\":{}}|tensor a lacks",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}|tensor a lacks",
        "{\"a\":{\"dtype\":\"F99\",\"shape\":[1],\"data_offsets\":[0,4]}}|tensor a has the unknown"
            + " dtype",
        "{\"a\":{\"dtype\":4,\"shape\":[1],\"data_offsets\":[0,4]}}|tensor a has a dtype",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}|tensor a has a shape",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}|tensor a has a shape",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}|tensor a has a shape",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[[1]],\"data_offsets\":[0,4]}}|tensor a has a shape",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}|tensor a has the"
            + " data_offsets",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}|tensor a has the"
            + " data_offsets",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}|tensor a has a"
            + " data_offsets",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,99999999999999999999]}}|tensor"
            + " a has a data_offsets",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}|tensor a of F32 [2] needs"
            + " 8",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}}|impossible"
            + " shape",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[0,9223372036854775807,9],\"data_offsets\":[0,0]}}|impossible"
            + " shape",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,4]}}|impossible"
            + " shape",
        "{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,1]}}|impossible shape",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
            + "\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}|Duplicate",
        "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}|Duplicate",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
            + "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}|tensor b overlaps",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}|tensor"
            + " b leaves a gap",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}|tensor a leaves a gap",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]}}|1 bytes follow",
        "{}|4 bytes follow",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[0,5]}}|cut off: tensor a",
        "{\"__metadata__\":{\"a\":1}}|is not a string",
        "{\"__metadata__\":[]}|__metadata__",
      })
  void malformedHeadersAreNamed(String header, String message) {
    assertThat(refused(MemorySource.safetensors(header, 4))).hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 100_000_001, 1 << 20})
  void absurdHeaderLengthsAreRefused(long length) {
    byte[] bytes = MemorySource.safetensors(GOOD, 12);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    refused(bytes);
  }

  @Test
  void aHeaderThatIsNotUtf8IsRefused() {
    byte[] bytes = MemorySource.safetensors(GOOD, 12);
    bytes[12] = (byte) 0xc3;
    assertThat(refused(bytes)).hasMessageContaining("UTF-8").hasMessageContaining("byte 4");
  }

  @Test
  void aGitLfsPointerIsRecognised() {
    byte[] pointer =
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n".getBytes();
    assertThat(refused(pointer)).hasMessageContaining("git lfs pull");
  }

  @Test
  void unknownFieldsAreSkippedAsTheFormatAllows() throws IOException {
    String header =
        "{\"a\":{\"extra\":{\"x\":[1]},\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}";
    try (Safetensors file =
        Safetensors.open(new MemorySource(MemorySource.safetensors(header, 4)))) {
      assertThat(file.entries()).containsOnlyKeys("a");
    }
  }

  @Test
  void everyTruncationIsRefused() {
    byte[] bytes = MemorySource.safetensors(GOOD, 12);
    for (int length = 0; length < bytes.length; length++) {
      refused(Arrays.copyOf(bytes, length));
    }
    refused(Arrays.copyOf(bytes, bytes.length + 1));
  }

  /** Changes every byte of length and header to every value: read or refused, nothing else. */
  @Test
  void everyChangedByteIsReadOrRefused() throws IOException {
    Device device = new ReferenceDevice();
    byte[] good = MemorySource.safetensors(GOOD, 12);
    int header = 8 + GOOD.getBytes(StandardCharsets.UTF_8).length;
    int read = 0;
    int refused = 0;
    for (int i = 0; i < header; i++) {
      for (int value = 0; value < 256; value++) {
        byte[] bytes = good.clone();
        bytes[i] = (byte) value;
        try (Safetensors file = Safetensors.open(new MemorySource(bytes))) {
          file.entries().keySet().forEach(name -> load(file, name, device));
          read++;
        } catch (InputException e) {
          refused++;
        }
      }
    }
    assertThat(read).as("the unchanged ones and other names").isGreaterThan(header);
    assertThat(refused).isGreaterThan(read);
  }

  private static void load(Safetensors file, String name, Device device) {
    if (file.entry(name).dtype().isWeight()) {
      file.load(name, device).close();
    }
  }
}
