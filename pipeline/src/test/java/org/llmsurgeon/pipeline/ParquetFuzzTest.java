package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.Mutations;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.text.TextChunk;
import org.llmsurgeon.checkpoint.text.TextPart;
import org.llmsurgeon.pipeline.parquet.ParquetTextReader;

/** Parquet files, damaged at random: some in every build, many by tag. */
class ParquetFuzzTest {
  private static final Path SAMPLE =
      Path.of("src", "test", "resources", "texts", "empty-groups.parquet");

  @TempDir private Path folder;

  @Test
  void few() throws IOException {
    all(1, 300);
  }

  @Tag("long")
  @Test
  void many() throws IOException {
    all(2, 10_000);
  }

  private void all(long seed, int count) throws IOException {
    Mutations mutations = new Mutations(seed);
    String written =
        ParquetFiles.write(folder.resolve("a.parquet"), List.of("one", "two", "caf\u00e9"));
    for (Path file : List.of(SAMPLE, Path.of(written))) {
      byte[] sound = Files.readAllBytes(file);
      String name = file.getFileName().toString();
      assertThat(read(name, sound)).hasSize(3);
      int refused =
          mutations.holdTo(name, sound, -sound.length / 2, count, bytes -> read(name, bytes));
      assertThat(refused).as(name).isBetween(count / 4, count - 1);
    }
  }

  private static List<String> read(String name, byte[] bytes) {
    List<String> texts = new ArrayList<>();
    TextPart part = new TextPart(name, 0, bytes.length, bytes.length);
    try (ParquetTextReader reader = new ParquetTextReader(new Bytes(name, bytes), part)) {
      for (TextChunk chunk = reader.next(); chunk != null; chunk = reader.next()) {
        texts.add(chunk.text());
      }
    }
    return texts;
  }

  private record Bytes(String name, byte[] bytes) implements ByteSource {
    @Override
    public long length() {
      return bytes.length;
    }

    @Override
    public void read(long position, ByteBuffer target) throws IOException {
      if (position < 0 || position + target.remaining() > bytes.length) {
        throw new EOFException("beyond the end");
      }
      target.put(bytes, (int) position, target.remaining());
    }

    @Override
    public void close() {}
  }
}
