package org.llmsurgeon.checkpoint.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.TinyTokenizers;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.text.FileTexts;
import org.llmsurgeon.checkpoint.text.TextPart;
import org.llmsurgeon.checkpoint.text.TextSource;

class TextPlacesTest {
  private static final int CONTEXT = 24;

  @TempDir Path folder;
  private final Storage storage = new LocalStorage();

  private List<String> files() throws IOException {
    Random random = new Random(3);
    List<String> paths = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Path path = folder.resolve(i + (i % 2 == 0 ? ".txt" : ".jsonl"));
      StringBuilder text = new StringBuilder();
      for (int document = 0; document < 60; document++) {
        String words = words(random);
        text.append(
            i % 2 == 0
                ? words + "\n"
                : new ObjectMapper().writeValueAsString(Map.of("text", words)) + "\n");
      }
      paths.add(Files.writeString(path, text).toString());
    }
    return paths;
  }

  private static String words(Random random) {
    String[] words = {"the", " the", " thing", "\n", " 123", ".", " caf\u00e9", "  in"};
    StringBuilder text = new StringBuilder("the ");
    random.ints(10 + random.nextInt(30), 0, words.length).forEach(i -> text.append(words[i]));
    return text.toString();
  }

  private TextPlaces places(TextTokenizer tokenizer, List<String> paths) {
    return new TextPlaces(
        tokenizer,
        new FileTexts(storage),
        paths.stream().map(path -> TextPart.whole(storage, path)).toList());
  }

  private static TextTokenizer tokenizer() {
    return TinyTokenizers.open(TinyTokenizers.byteLevel(), null, 1);
  }

  @Test
  void windowsAreConsecutiveTokensOfTheWholeText() throws IOException {
    try (TextTokenizer tokenizer = tokenizer()) {
      List<String> paths = files();
      List<Integer> whole =
          Arrays.stream(tokenizer.encode(CalibrationText.read(storage, paths), true))
              .boxed()
              .toList();
      WindowDraw.AtRandom draw = new WindowDraw.AtRandom(CONTEXT, 80, 5);

      int[][] windows = places(tokenizer, paths).windows(draw, 0, 80);

      List<Integer> starts = new ArrayList<>();
      for (int[] window : windows) {
        assertThat(window).hasSize(CONTEXT);
        List<Integer> tokens = IntStream.of(window).boxed().toList();
        starts.add(Collections.indexOfSubList(whole, tokens));
      }
      assertThat(starts).allMatch(start -> start >= 0);
      for (int quarter = 0; quarter < 4; quarter++) {
        int from = quarter * whole.size() / 4;
        int to = (quarter + 1) * whole.size() / 4;
        assertThat(starts)
            .as("quarter %d", quarter)
            .filteredOn(start -> start >= from && start < to)
            .hasSizeBetween(8, 35);
      }
    }
  }

  @Test
  void aDrawIsTheSameInPartsAndAnotherSeedAnother() throws IOException {
    try (TextTokenizer tokenizer = tokenizer()) {
      TextPlaces places = places(tokenizer, files());
      WindowDraw.AtRandom draw = new WindowDraw.AtRandom(CONTEXT, 12, 5);
      int[][] all = places.windows(draw, 0, 12);
      assertThat(places.windows(draw, 7, 12)).isDeepEqualTo(Arrays.copyOfRange(all, 7, 12));
      assertThat(places.windows(new WindowDraw.AtRandom(CONTEXT, 3, 5), 0, 3))
          .isDeepEqualTo(Arrays.copyOf(all, 3));
      assertThat(
              Arrays.deepEquals(
                  places.windows(new WindowDraw.AtRandom(CONTEXT, 12, 6), 0, 12), all))
          .isFalse();
    }
  }

  @Test
  void onlyTheTextOfTheWindowsIsRead() throws IOException {
    try (TextTokenizer tokenizer = tokenizer()) {
      List<String> paths = files();
      List<TextPart> opened = new ArrayList<>();
      TextSource source =
          part -> {
            opened.add(part);
            return new FileTexts(storage).open(part);
          };
      List<TextPart> files = paths.stream().map(path -> TextPart.whole(storage, path)).toList();
      new TextPlaces(tokenizer, source, files).windows(new WindowDraw.AtRandom(2, 1, 5), 0, 1);
      // The window, and the start of what follows it.
      assertThat(opened).hasSizeLessThanOrEqualTo(12);
      assertThat(opened.get(0).bytes()).isEqualTo(16);
    }
  }

  @Test
  void tooLittleTextIsRefused() throws IOException {
    try (TextTokenizer tokenizer = tokenizer()) {
      String path = Files.writeString(folder.resolve("short.txt"), "the thing in it").toString();
      TextPlaces places = places(tokenizer, List.of(path));
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> places.windows(new WindowDraw.AtRandom(500, 1, 0), 0, 1))
          .withMessageContaining("no 500 tokens in one piece");
    }
  }

  @Test
  void whatIsReadFromItsStartOnlyDoesNotServe() {
    assertThat(List.of("a.txt", "b.jsonl", "c.ndjson")).allMatch(TextPlaces::serves);
    assertThat(List.of("a.txt.gz", "b.json", "c.parquet", "d.arrow")).noneMatch(TextPlaces::serves);
  }
}
