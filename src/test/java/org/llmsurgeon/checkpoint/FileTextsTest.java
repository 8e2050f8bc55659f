package org.llmsurgeon.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.text.FileTexts;
import org.llmsurgeon.checkpoint.text.TextChunk;
import org.llmsurgeon.checkpoint.text.TextFormat;
import org.llmsurgeon.checkpoint.text.TextPart;
import org.llmsurgeon.checkpoint.text.TextReader;
import org.llmsurgeon.checkpoint.token.TokenWindows;

/** Texts as other programs write them. */
class FileTextsTest {
  /** Made by Python's gzip, bz2, lzma and zstandard: two streams in a row each. */
  private static final Map<String, String> PACKED =
      Map.of(
          "gz",
          "H4sIAAAAAAACA0tOTDu8kisnMy9VoaQ8nwsAWMGtAQ8AAAAfiwgAAAAAAAIDy80vSuUCAHZp72sFAAAA",
          "bz2",
          "QlpoOTFBWSZTWXvVnJoAAAJRlAAQQAArJYSAACAIACAAMQAACCYI9NJ41UCw4IO78XckU4UJB71ZyaBCWmg5MUFZ"
              + "JlNZwZVZyAAAAUGAABACApAAIAAhg0GaCFxxdyRThQkMGVWcgA==",
          "xz",
          "/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAOY2Fmw6kKbGluZSB0d28KAABdqsaM/X9dRwABJw/fGvxqH7bzfQEA"
              + "AAAABFla/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAEbW9yZQoAAAAAEigNKKGT898AAR0FuC2Arx+2830B"
              + "AAAAAARZWg==",
          "zst",
          "KLUv/SAPeQAAY2Fmw6kKbGluZSB0d28KKLUv/SAFKQAAbW9yZQo=");

  private static final Path SAMPLES = Path.of("test", "resources", "texts");

  @TempDir private Path folder;
  private final Storage storage = new LocalStorage();

  private String file(String name, String content) throws IOException {
    return file(name, content.getBytes(StandardCharsets.UTF_8));
  }

  private String file(String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content).toString();
  }

  private List<String> read(TextPart part) {
    List<String> texts = new ArrayList<>();
    try (TextReader reader = new FileTexts(storage).open(part)) {
      for (TextChunk chunk = reader.next(); chunk != null; chunk = reader.next()) {
        if (chunk.startsDocument()) {
          texts.add(chunk.text());
        } else {
          texts.set(texts.size() - 1, texts.get(texts.size() - 1) + chunk.text());
        }
      }
    }
    return texts;
  }

  private List<String> read(String path) {
    return read(TextPart.whole(storage, path));
  }

  @Test
  void lineEndsOfAllSystemsAreLineFeeds() throws IOException {
    String path = file("dos.txt", "one\r\ntwo\rthree\r\r\n\nfour\r");
    assertThat(storage.length(path)).isEqualTo(23);
    String expected = "one\ntwo\nthree\n\n\nfour\n";
    assertThat(read(path)).containsExactly(expected);
    for (long step = 1; step < 8; step++) {
      StringBuilder whole = new StringBuilder();
      for (long from = 0; from < 23; from += step) {
        TextPart part = new TextPart(path, from, Math.min(23, from + step), 23);
        try (TextReader reader = new FileTexts(storage).open(part)) {
          for (TextChunk chunk = reader.next(); chunk != null; chunk = reader.next()) {
            whole.append(chunk.text());
          }
        }
      }
      assertThat(whole.toString()).isEqualTo(expected);
    }
    // Longer than what is decoded at a time, with a line end across each border.
    String many = file("many.txt", "x" + "\r\n".repeat(100_000));
    assertThat(read(many)).containsExactly("x" + "\n".repeat(100_000));
  }

  /** Reads a file in parts of some bytes, one after the other. */
  private List<String> inParts(String path, long step) {
    long length = storage.length(path);
    List<String> texts = new ArrayList<>();
    for (long from = 0; from < length; from += step) {
      texts.addAll(read(new TextPart(path, from, Math.min(length, from + step), length)));
    }
    return texts;
  }

  private void refuses(String path, String... parts) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> read(path))
        .satisfies(
            each ->
                assertThat(each.getMessage())
                    .startsWith(path)
                    .contains(parts)
                    .doesNotContain("\n", "Exception", "java", "`", "Feature"));
  }

  @Test
  void endingsMeanTheSameInAnyCase() throws IOException {
    String lines = "{\"text\": \"a\"}\n{\"text\": \"b\"}\n";
    for (String name : List.of("a.jsonl", "a.ndjson", "a.json", "a.JSONL", "A.NdJson")) {
      assertThat(read(file(name, lines))).as(name).containsExactly("a", "b");
    }
    assertThat(TextFormat.of("x/A.PARQUET")).isEqualTo(TextFormat.PARQUET);
    assertThat(TextFormat.of("a.Jsonl.GZ")).isEqualTo(TextFormat.LINES);
    assertThat(TextFormat.isText("A.TXT.XZ")).isTrue();
    assertThat(TextFormat.isText("a.bin")).isFalse();
    assertThat(TokenWindows.isSafetensors("A.SafeTensors")).isTrue();
  }

  @Test
  void compressedTextsAreReadToTheLastStream() throws IOException {
    PACKED.forEach(
        (ending, packed) -> {
          try {
            byte[] bytes = Base64.getDecoder().decode(packed);
            for (String name : List.of("a.txt." + ending, "B.TXT." + ending.toUpperCase())) {
              assertThat(read(file(name, bytes)))
                  .as(name)
                  .containsExactly("caf\u00e9\nline two\nmore\n");
            }
            refuses(file("cut.txt." + ending, Arrays.copyOf(bytes, bytes.length / 2 - 3)), "whole");
            refuses(file("no.txt." + ending, "no such file at all"), "is no whole ");
          } catch (IOException failure) {
            throw new AssertionError(failure);
          }
        });
  }

  @Test
  void anArrayOfObjectsIsReadInPartsOfAnySize() throws IOException {
    String array =
        "\n [{\"text\": \"a\\n\", \"x\": [1, {}]},\n  {\"n\": NaN, \"text\": \"\u00e9\u20ac\"}, "
            + "{\"text\": \"[c]\"}]\n";
    String path = file("a.json", array);

    assertThat(read(path)).containsExactly("a\n", "\u00e9\u20ac", "[c]");
    for (long step : List.of(1L, 7L, 20L, 64L)) {
      assertThat(inParts(path, step)).as("%d", step).isEqualTo(read(path));
    }
    assertThat(read(file("b.jsonl", "[]"))).isEmpty();
    assertThat(read(file("c.json", "\ufeff[{\"text\": \"a\"}]"))).containsExactly("a");
  }

  @Test
  void whatAnArrayOrALineHoldsInsteadIsNamed() throws IOException {
    refuses(file("a.json", "[\"a\", \"b\"]"), "element 1 of its array, is a string");
    refuses(file("b.json", "[{\"text\": \"a\"}, {\"t\": 1}]"), "element 2 of its array, has no");
    refuses(file("c.json", "[{\"text\": \"a\"},"), "cut off");
    refuses(file("d.json", "[{\"text\": \"a\"}] 3"), "goes on after its array");
    refuses(file("e.json", "[{\"text\": null}]"), "has null as its \"text\"");
    refuses(file("f.json", "[{\"text\": 1e999}]"), "has a number as its \"text\"");
    refuses(file("g.json", "{\n  \"text\": \"a\"\n}\n"), "line 1, holds no whole JSON object");
    refuses(file("h.jsonl", "3\n"), "line 1, is a number");
    refuses(file("i.jsonl", "{\"text\": \"a\"} {\"text\": \"b\"}\n"), "goes on after its object");
    refuses(file("j.jsonl", "{\"text\": \"a\", \"text\": \"b\"}"), "line 1, has \"text\" twice");
    refuses(file("k.jsonl", "{\"text\": NaN}"), "line 1, has a number as its \"text\"");
    refuses(file("l.jsonl", "{\"text\": \"a\", 'b': 3}"), "line 1, is not valid JSON");
    byte[] wide = "[{\"text\": \"a\"}]".getBytes(StandardCharsets.UTF_16LE);
    refuses(file("m.json", wide), "is not UTF-8");
    refuses(file("n.json", "[\0\0\0\uffff\uffff"), "is not UTF-8");
  }

  @Test
  void fieldsThatAreNotReadDoNotMatter() throws IOException {
    String number = "1".repeat(3000);
    assertThat(
            read(
                file(
                    "a.jsonl",
                    "{\"x\": NaN, \"text\": \"a\", \"y\": [-Infinity, " + number + "], \"x\": 1}")))
        .containsExactly("a");
  }

  @Test
  void jsonLinesThatAreCalledTextAreRefusedWithTheName() throws IOException {
    refuses(file("a.txt", "{\"text\": \"a\"}\n{\"text\": \"b\"}\n"), "ends in .jsonl");
    refuses(file("a", "\n {\"content\": [1, 2]}\n"), "ends in .jsonl");
    refuses(file("b.txt", "{\"text\": \"" + "word ".repeat(40_000) + "\"}\n"), "ends in .jsonl");
    for (String text :
        List.of("{}x\n", "{\n\"a\": 1\n}\n", "{\"a\": 1}\nand text\n", "{ a set }", "[1]\n[2]\n")) {
      assertThat(read(file("c.txt", text))).containsExactly(text);
    }
  }

  /** Written by the libraries datasets 5.2 and pyarrow 26. */
  @Test
  void arrowStreamsAndFilesHoldTextsToo() {
    String stream = SAMPLES.resolve("datasets-stream.arrow").toString();
    String large = SAMPLES.resolve("pyarrow-large.arrow").toString();

    assertThat(read(stream)).containsExactly("one", "caf\u00e9 \ud83d\ude00", "three\nlines");
    assertThat(read(large)).containsExactly("a", "b", "c");
    for (long step : List.of(1L, 100L, 333L)) {
      assertThat(inParts(large, step)).as("%d", step).containsExactly("a", "b", "c");
    }
    assertThat(TokenWindows.areIn(storage, stream)).isFalse();
  }

  @Test
  void theFieldThatIsNamedIsRead() throws IOException {
    String lines = file("a.jsonl", "{\"text\": 1, \"body\": \"a\"}\n{\"body\": \"b\"}\n");
    String array = file("a.json", "[{\"body\": \"a\"}, {\"body\": \"b\", \"text\": null}]");
    String table = SAMPLES.resolve("pyarrow-large.arrow").toString();

    assertThat(read(TextPart.whole(storage, lines, "body"))).containsExactly("a", "b");
    assertThat(read(TextPart.whole(storage, array, "body"))).containsExactly("a", "b");
    for (String path : List.of(lines, array, table)) {
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> read(TextPart.whole(storage, path, "content")))
          .withMessageContaining("\"content\"")
          .withMessageContaining(path.equals(table) ? "\"text\", \"kind\"" : "\"body\"")
          .withMessageEndingWith("; name the one that holds the text with the option text-column");
    }
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> read(TextPart.whole(storage, table, "kind")))
        .withMessageContaining("a column \"kind\" that is no plain string");
  }

  @Test
  void windowsOfWideNumbersAreRead() {
    String path = SAMPLES.resolve("pyarrow-int64.arrow").toString();

    assertThat(TokenWindows.areIn(storage, path)).isTrue();
    assertThat(TokenWindows.read(storage, path, "x").windows())
        .isDeepEqualTo(new int[][] {{1, 2, 3}, {4, 5, 6}});
  }

  @Test
  void whatAnArrowFileHoldsInsteadIsNamed() throws IOException {
    refuses(
        SAMPLES.resolve("pyarrow-int64.arrow").toString(), "neither a column \"text\"", "tokens");
    refuses(SAMPLES.resolve("pyarrow-lz4.arrow").toString(), "compressed inside");
    byte[] whole = Files.readAllBytes(SAMPLES.resolve("pyarrow-large.arrow"));
    refuses(file("a.arrow", Arrays.copyOf(whole, whole.length - 20)), "cut off");
    byte[] stream = Files.readAllBytes(SAMPLES.resolve("datasets-stream.arrow"));
    refuses(file("b.arrow", Arrays.copyOf(stream, stream.length - 40)), "Arrow");
    refuses(file("c.arrow", new byte[0]), "Arrow");
    refuses(file("d.arrow", "a text, no table"), "no Arrow at all");
  }
}
