package org.llmsurgeon.pipeline.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.io.api.Binary;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.text.TextChunk;
import org.llmsurgeon.checkpoint.text.TextPart;
import org.llmsurgeon.checkpoint.text.TextReader;
import org.llmsurgeon.pipeline.ParquetFiles;
import org.llmsurgeon.pipeline.files.HadoopStorage;

class ParquetTextReaderTest {
  private static final List<String> TEXTS =
      IntStream.range(0, 350)
          .mapToObj(i -> "\u00e9 text " + i + " " + "ab ".repeat(i % 7))
          .toList();

  @TempDir Path folder;
  private final HadoopStorage storage = new HadoopStorage(new Configuration());

  private List<String> read(TextPart part) {
    List<String> texts = new ArrayList<>();
    try (TextReader reader = new ParquetTextReader(storage.open(part.path()), part)) {
      for (TextChunk chunk = reader.next(); chunk != null; chunk = reader.next()) {
        assertThat(chunk.startsDocument()).isTrue();
        texts.add(chunk.text());
      }
    }
    return texts;
  }

  @Test
  void partsOfAFileHoldEachRowOnce() throws IOException {
    String file = ParquetFiles.write(folder.resolve("a.parquet"), TEXTS);
    TextPart whole = TextPart.whole(storage, file);
    assertThat(read(whole)).isEqualTo(TEXTS);
    List<String> texts = new ArrayList<>();
    int parts = 0;
    for (long from = 0; from < whole.length(); from += 97) {
      List<String> some =
          read(new TextPart(file, from, Math.min(from + 97, whole.length()), whole.length()));
      parts += some.isEmpty() ? 0 : 1;
      texts.addAll(some);
    }
    assertThat(texts).isEqualTo(TEXTS);
    assertThat(parts).as("row groups that were read apart").isGreaterThan(2);
  }

  @Test
  void badFilesAreNamedWithTheRow() throws IOException {
    String text = "message schema { optional int64 id; optional binary text; }";
    refuses(
        ParquetFiles.write(
            at("a.parquet"), text.replace("text", "content"), List.of(Binary.fromString("x"))),
        "a.parquet has no column \"text\", but \"id\", \"content\"; name the one that holds the"
            + " text with the option text-column.");
    assertThat(read(TextPart.whole(storage, at("a.parquet").toString(), "content")))
        .containsExactly("x");
    refuses(
        ParquetFiles.write(at("b.parquet"), "message schema { required int64 text; }", nulls(1)),
        "b.parquet",
        "int64",
        "no string");
    List<String> some = new ArrayList<>(TEXTS);
    some.set(320, null);
    refuses(ParquetFiles.write(at("c.parquet"), some), "c.parquet, row 321,", "no \"text\"");
    List<Binary> bytes = new ArrayList<>(Collections.nCopies(150, Binary.fromString("x")));
    bytes.set(149, Binary.fromConstantByteArray(new byte[] {'a', (byte) 0xe9, 'b'}));
    refuses(
        ParquetFiles.write(at("d.parquet"), text, bytes), "d.parquet, row 150,", "UTF-8: byte 1");
  }

  /** Written by pyarrow 26: row groups of 0, 2, 0 and 1 rows, and none at all. */
  @Test
  void emptyRowGroupsHoldNothing() throws IOException {
    Path samples = Path.of("src", "test", "resources", "texts");
    assertThat(read(TextPart.whole(storage, samples.resolve("empty-groups.parquet").toString())))
        .containsExactly("one", "two", "three");
    assertThat(read(TextPart.whole(storage, samples.resolve("no-rows.PARQUET").toString())))
        .isEmpty();
  }

  private static List<Binary> nulls(int count) {
    return Collections.nCopies(count, null);
  }

  private Path at(String name) {
    return folder.resolve(name);
  }

  @Test
  void damagedFilesAreNamed() throws IOException {
    byte[] whole = Files.readAllBytes(Path.of(ParquetFiles.write(at("a.parquet"), TEXTS)));
    refuses(write("empty.parquet", new byte[0]), "empty.parquet", "not a readable Parquet file");
    refuses(write("text.parquet", "no table at all".getBytes()), "text.parquet", "Parquet");
    refuses(
        write("short.parquet", Arrays.copyOf(whole, whole.length - 9)), "short.parquet", "Parquet");
    byte[] scratched = whole.clone();
    scratched[scratched.length / 3] ^= 1;
    refuses(write("scratched.parquet", scratched), "scratched.parquet", "Parquet", "checksum");
  }

  private String write(String name, byte[] bytes) throws IOException {
    return Files.write(at(name), bytes).toString();
  }

  private void refuses(String file, String... parts) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> read(TextPart.whole(storage, file)))
        .satisfies(each -> assertThat(each.getMessage()).contains(parts).doesNotContain("\n"));
  }

  /** A disk that fails is no fault of the file: another attempt may succeed. */
  @Test
  void aFailureToReadIsNotTakenForADamagedFile() throws IOException {
    String file = ParquetFiles.write(at("a.parquet"), TEXTS);
    TextPart part = TextPart.whole(storage, file);
    ByteSource failing =
        new ByteSource() {
          @Override
          public String name() {
            return file;
          }

          @Override
          public long length() {
            return part.length();
          }

          @Override
          public void read(long position, ByteBuffer target) throws IOException {
            throw new IOException("no route to host");
          }

          @Override
          public void close() {}
        };
    assertThatThrownBy(() -> new ParquetTextReader(failing, part).close())
        .isInstanceOf(UncheckedIOException.class)
        .hasRootCauseMessage("no route to host");
  }
}
