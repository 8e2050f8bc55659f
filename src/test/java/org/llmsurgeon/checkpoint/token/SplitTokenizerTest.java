package org.llmsurgeon.checkpoint.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.TinyTokenizers;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.storage.StrictText;
import org.llmsurgeon.checkpoint.text.FileTexts;
import org.llmsurgeon.checkpoint.text.TextPart;

class SplitTokenizerTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir Path folder;
  private final Storage storage = new LocalStorage();

  static List<Named<Supplier<ObjectNode>>> families() {
    return TextTokenizerTest.families();
  }

  @ParameterizedTest
  @MethodSource("families")
  void splitsGiveTheTokensOfTheWholeText(Supplier<ObjectNode> family) throws IOException {
    Random random = new Random(8);
    String settings = "{'add_eos_token': true, 'eos_token': '</s>'}";
    ObjectNode json = family.get();
    boolean ends = json.path("model").path("vocab").has("</s>");
    try (TextTokenizer tokenizer = TinyTokenizers.open(json, ends ? settings : null, 1)) {
      for (int i = 0; i < 20; i++) {
        List<String> paths = files(random, i);
        int[] whole = tokenizer.encode(CalibrationText.read(storage, paths), true);
        for (long bytes : new long[] {1 << 20, 200, 31, 5}) {
          assertThat(tokens(tokenizer, paths, bytes)).as("%s %s", paths, bytes).isEqualTo(whole);
        }
      }
    }
  }

  /** Texts of all formats, short and long, some of them empty; always one in the first split. */
  private List<String> files(Random random, int run) throws IOException {
    List<String> paths = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      String name = run + "-" + i;
      String text = random.nextInt(4) == 0 && i > 0 ? "" : TextTokenizerTest.awkward(random);
      switch (random.nextInt(4)) {
        case 0 -> paths.add(file(name + ".txt", bytes(text)));
        case 1 -> paths.add(file(name + ".txt.gz", compressed(text)));
        case 2 -> paths.add(file(name + ".jsonl", bytes("\n" + lines(random, text))));
        default -> paths.add(file(name + ".jsonl.gz", compressed(lines(random, text))));
      }
    }
    return paths;
  }

  private static String lines(Random random, String first) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      String text = i == 0 ? first : TextTokenizerTest.awkward(random).substring(0, 9 * i);
      int whole = StrictText.loneSurrogate(text);
      String document = whole < 0 ? text : text.substring(0, whole);
      lines.append(MAPPER.writeValueAsString(Map.of("text", document)));
      lines.append(random.nextBoolean() ? "\r\n" : "\n\n");
    }
    return lines.toString();
  }

  private String file(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes).toString();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Two gzip members, as appending to a file makes them. */
  private static byte[] compressed(String text) throws IOException {
    byte[] plain = bytes(text);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int half = 0; half < 2; half++) {
      try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
        int middle = plain.length / 2;
        gzip.write(plain, half * middle, half == 0 ? middle : plain.length - middle);
      }
    }
    return bytes.toByteArray();
  }

  private List<TextSplit> plan(List<String> paths, long bytes) {
    return TextSplit.plan(
        paths.stream().map(path -> TextPart.whole(storage, path)).toList(), bytes);
  }

  private int[] tokens(TextTokenizer tokenizer, List<String> paths, long bytes) {
    return tokens(
        new SplitTokenizer(tokenizer, new FileTexts(storage), plan(paths, bytes), false, false));
  }

  private static int[] tokens(SplitTokenizer splits) {
    IntStream.Builder tokens = IntStream.builder();
    long count = 0;
    for (int i = 0; i < splits.splits(); i++) {
      count += splits.encode(i, tokens::add).tokens();
    }
    int[] all = tokens.build().toArray();
    assertThat(count).isEqualTo(all.length);
    return all;
  }

  @Test
  void aSplitSaysHowManyDocumentsBeginInItAndWhetherThereIsText() throws IOException {
    String lines = file("a.jsonl", bytes("{\"text\": \" \"}\n{\"text\": \"\"}\n\n\n"));
    String text = file("b.txt", bytes("the thing"));
    try (TextTokenizer tokenizer = TinyTokenizers.open(TinyTokenizers.byteLevel(), null, 9)) {
      List<TextSplit> plan = plan(List.of(lines, text), 30);
      assertThat(plan).hasSize(2);
      SplitTokenizer splits =
          new SplitTokenizer(tokenizer, new FileTexts(storage), plan, false, false);
      assertThat(splits.encode(0, token -> {}))
          .extracting("documents", "blank")
          .containsExactly(2L, true);
      assertThat(splits.encode(1, token -> {}))
          .extracting("documents", "blank")
          .containsExactly(1L, false);
    }
  }

  /** Where no cut is known, the first split is all of the text, or documents are texts. */
  @Test
  void aTokenizerWithoutKnownCutsTakesTheTextWholeOrByDocument() throws IOException {
    ObjectNode json = TinyTokenizers.byteLevel();
    json.set("normalizer", TinyTokenizers.parse("{'type': 'Lowercase'}"));
    String lines = file("a.jsonl", bytes("{\"text\": \"A the\"}\n{\"text\": \"b\"}\n"));
    String more = file("b.txt", bytes("the thing the thing"));
    List<String> paths = List.of(lines, more);
    try (TextTokenizer tokenizer = TinyTokenizers.open(json, null, 4)) {
      int[] whole = tokenizer.encode(CalibrationText.read(storage, paths), true);
      int[] documents =
          IntStream.of(0, 1, 2)
              .flatMap(
                  i ->
                      Arrays.stream(
                          tokenizer.encode(
                              List.of("A the", "\n\nb", "\n\nthe thing the thing").get(i), false)))
              .toArray();
      for (long bytes : new long[] {1000, 20, 6}) {
        List<TextSplit> plan = plan(paths, bytes);
        SplitTokenizer one =
            new SplitTokenizer(tokenizer, new FileTexts(storage), plan, false, false);
        assertThat(tokens(one)).isEqualTo(whole);
        assertThat(one.encode(0, token -> {}).tokens()).isEqualTo(whole.length);
        SplitTokenizer each =
            new SplitTokenizer(tokenizer, new FileTexts(storage), plan, true, false);
        assertThat(tokens(each)).isEqualTo(documents);
      }
    }
  }

  @Test
  void badTextIsNamedWithTheLineOfTheFileFromAnySplit() throws IOException {
    String good = "{\"text\": \"the thing\"}\n";
    refuses("a.jsonl", bytes(good + good + "\n{\"text\": \"x\"\n"), "a.jsonl, line 4", "JSON");
    refuses("b.jsonl", bytes(good + good + "{\"t\": \"x\"}\n"), "b.jsonl, line 3", "\"text\"");
    byte[] latin = (good + good + "{\"text\": \"\u00e9\"}").getBytes(StandardCharsets.ISO_8859_1);
    refuses("c.jsonl", latin, "c.jsonl, line 3", "not UTF-8: byte 10");
    refuses("d.txt", "thing thing \u00e9 thing".getBytes(StandardCharsets.ISO_8859_1), "byte 12");
    byte[] gzip = compressed(good + "{\"text\": 1}");
    refuses("e.jsonl.gz", gzip, "e.jsonl.gz, line 2", "\"text\"");
    refuses("f.txt.gz", Arrays.copyOf(gzip, gzip.length - 9), "f.txt.gz", "gzip");
    refuses("g.txt.gz", bytes("no gzip"), "g.txt.gz", "gzip");
    refuses("h.txt.gz", new byte[0], "h.txt.gz", "gzip");
    byte[] broken = gzip.clone();
    broken[broken.length - 5] ^= 1;
    refuses("i.jsonl.gz", broken, "i.jsonl.gz", "gzip");
    refuses("j.txt", bytes("version https://git-lfs.github.com/spec/v1\n"), "git lfs pull");
    refuses("k.parquet", bytes("PAR1"), "k.parquet");
  }

  private void refuses(String name, byte[] content, String... parts) throws IOException {
    List<String> paths = List.of(file(name, content));
    try (TextTokenizer tokenizer = TinyTokenizers.open(TinyTokenizers.byteLevel(), null, 9)) {
      for (long bytes : new long[] {1000, 44}) {
        assertThatExceptionOfType(InputException.class)
            .isThrownBy(() -> tokens(tokenizer, paths, bytes))
            .satisfies(each -> assertThat(each.getMessage()).contains(parts).doesNotContain("\n"));
      }
    }
  }

  @Test
  void filesAreCutAndPutTogetherAndCompressedOnesStayWhole() {
    List<TextPart> files =
        List.of(
            new TextPart("a.txt", 0, 3, 3),
            new TextPart("b.jsonl", 0, 4, 4),
            new TextPart("c.parquet", 0, 25, 25),
            new TextPart("d.txt.gz", 0, 99, 99),
            new TextPart("e.txt", 0, 0, 0));
    assertThat(TextSplit.plan(files, 10).stream().map(TextSplit::parts))
        .containsExactly(
            files.subList(0, 2),
            List.of(new TextPart("c.parquet", 0, 10, 25)),
            List.of(new TextPart("c.parquet", 10, 20, 25)),
            List.of(new TextPart("c.parquet", 20, 25, 25)),
            files.subList(3, 4),
            files.subList(4, 5));
  }
}
