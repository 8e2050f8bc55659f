package org.llmsurgeon.checkpoint.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.impl.UnionListWriter;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.arrow.ArrowListWriter;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.storage.Storage;

class TokenWindowsTest {
  private static final int[][] WINDOWS = {{1, 2, 3}, {4, 5, 6}, {7, 8, 49151}};

  @TempDir Path folder;
  private final Storage storage = new LocalStorage();

  private String at(String name) {
    return folder.resolve(name).toString();
  }

  private void refuses(String name, String... parts) {
    String[] all = Arrays.copyOf(parts, parts.length + 1);
    all[parts.length] = name;
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> TokenWindows.read(storage, at(name), "calibration"))
        .satisfies(each -> assertThat(each.getMessage()).contains(all));
  }

  private void safetensors(String name, int[][] windows) throws IOException {
    SafetensorsLayout layout =
        new SafetensorsLayout().add("calibration", DataType.I32, windows.length, windows[0].length);
    try (SafetensorsWriter writer = new SafetensorsWriter(layout, storage.create(at(name)), name)) {
      writer.write("calibration", windows);
    }
  }

  @ParameterizedTest
  @CsvSource({"1,2", "3,7", "1000,513"})
  void arrowFilesKeepEveryWindow(int count, int context) {
    int[][] windows = new int[count][];
    for (int i = 0; i < count; i++) {
      int from = i * context;
      windows[i] = IntStream.range(from, from + context).toArray();
    }
    new TokenWindows(windows).write(storage, at("w.arrow"));
    TokenWindows read = TokenWindows.read(storage, at("w.arrow"), "unused");
    assertThat(read.windows()).isDeepEqualTo(windows);
    assertThat(read.count()).isEqualTo(count);
    assertThat(read.context()).isEqualTo(context);
  }

  @Test
  void safetensorsFilesAreReadByTensorName() throws IOException {
    safetensors("w.safetensors", WINDOWS);
    assertThat(TokenWindows.read(storage, at("w.safetensors"), "calibration").windows())
        .isDeepEqualTo(WINDOWS);
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> TokenWindows.read(storage, at("w.safetensors"), "test"))
        .withMessageContaining("no tensor test");
  }

  @Test
  void arrowListsOfOneLengthAreReadToo() throws IOException {
    lists("lists.arrow", new int[][] {{1, 2}, {3, 4}});
    assertThat(TokenWindows.read(storage, at("lists.arrow"), "").windows())
        .isDeepEqualTo(new int[][] {{1, 2}, {3, 4}});
    lists("ragged.arrow", new int[][] {{1, 2}, {3, 4, 5}});
    refuses("ragged.arrow", "window 1 has 3 tokens", "first has 2");
    lists("null.arrow", new int[][] {{1, 2}, null});
    refuses("null.arrow", "empty places");
  }

  /** A file as other programs write it: lists with offsets, each with its own length. */
  private void lists(String name, int[][] rows) throws IOException {
    try (BufferAllocator allocator = new RootAllocator(1 << 20);
        ListVector vector = ListVector.empty("tokens", allocator)) {
      UnionListWriter writer = vector.getWriter();
      for (int i = 0; i < rows.length; i++) {
        writer.setPosition(i);
        if (rows[i] != null) {
          writer.startList();
          for (int id : rows[i]) {
            writer.writeInt(id);
          }
          writer.endList();
        }
      }
      vector.setValueCount(rows.length);
      write(name, VectorSchemaRoot.of(vector));
    }
  }

  private void write(String name, VectorSchemaRoot root) throws IOException {
    try (OutputStream out = storage.create(at(name));
        ArrowFileWriter writer = new ArrowFileWriter(root, null, Channels.newChannel(out))) {
      writer.start();
      writer.writeBatch();
      writer.end();
    }
  }

  @Test
  void otherColumnsAreNamed() throws IOException {
    try (BufferAllocator allocator = new RootAllocator(1 << 20);
        IntVector ints = new IntVector("tokens", allocator)) {
      ints.setSafe(0, 1);
      ints.setValueCount(1);
      write("flat.arrow", VectorSchemaRoot.of(ints));
    }
    refuses("flat.arrow", "column \"tokens\"", "lists of whole numbers are needed");
    ArrowListWriter.Format floats =
        new ArrowListWriter.Format(
            "tokens", new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE), 2, 1, Map.of());
    try (ArrowListWriter writer = new ArrowListWriter(floats, storage.create(at("floats.arrow")))) {
      writer.append(new int[2]);
      writer.finish();
    }
    refuses("floats.arrow", "FloatingPoint");
    ArrowListWriter.Format other =
        new ArrowListWriter.Format("ids", new ArrowType.Int(32, true), 2, 1, Map.of());
    try (ArrowListWriter writer = new ArrowListWriter(other, storage.create(at("ids.arrow")))) {
      writer.append(new int[2]);
      writer.finish();
    }
    refuses("ids.arrow", "no column \"tokens\"");
  }

  @Test
  void unusableWindowsAreNamed() throws IOException {
    safetensors("short.safetensors", new int[][] {{1}, {2}});
    refuses("short.safetensors", "at least 2 tokens");
    safetensors("negative.safetensors", new int[][] {{1, 2}, {3, -4}});
    refuses("negative.safetensors", "window 1", "-4");
    Files.writeString(folder.resolve("text.txt"), "1 2 3");
    refuses("text.txt", ".safetensors or an .arrow");
    Files.writeString(folder.resolve("text.arrow"), "1 2 3");
    refuses("text.arrow", "not a readable Arrow IPC file");
    refuses("lost.arrow", "does not exist");
  }

  @Test
  void tokensThatTheModelDoesNotHaveAreNamed() {
    TokenWindows windows = new TokenWindows(WINDOWS);
    windows.requireVocabulary(49152, "file");
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> windows.requireVocabulary(49151, "file"))
        .withMessageContaining("file: window 2 holds token 49151");
  }

  @Test
  void windowsOfDifferentLengthsAreNoWindows() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TokenWindows(new int[][] {{1, 2}, {3}}));
  }

  @Test
  void everyTruncatedOrChangedArrowFileIsReadOrRefused() throws IOException {
    lists("good.arrow", new int[][] {{1, 2}, {3, 4}});
    byte[] good = Files.readAllBytes(folder.resolve("good.arrow"));
    for (int length = 0; length < good.length; length++) {
      Files.write(folder.resolve("bad.arrow"), Arrays.copyOf(good, length));
      refuses("bad.arrow");
    }
    for (int i = 0; i < good.length; i++) {
      byte[] bytes = good.clone();
      bytes[i] ^= (byte) (i % 2 == 0 ? 0xff : 1 << (i / 2 % 8));
      Files.write(folder.resolve("bad.arrow"), bytes);
      readOrRefuse();
    }
  }

  private void readOrRefuse() {
    try {
      assertThat(TokenWindows.read(storage, at("bad.arrow"), "").context()).isGreaterThan(1);
    } catch (InputException e) {
      assertThat(e.getMessage()).contains("bad.arrow");
    }
  }
}
