package org.llmsurgeon.checkpoint.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.storage.Storage;

class CalibrationTextTest {
  @TempDir Path folder;
  private final Storage storage = new LocalStorage();

  private String file(String name, String content) throws IOException {
    return file(name, content.getBytes(StandardCharsets.UTF_8));
  }

  private String file(String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content).toString();
  }

  private void refuses(String path, String... parts) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> CalibrationText.read(storage, List.of(path)))
        .satisfies(each -> assertThat(each.getMessage()).contains(parts).doesNotContain("\n"));
  }

  @Test
  void aTextIsReadAsItIsButForLineEnds() throws IOException {
    String text = " = Title = \r\n\n caf\u00e9 \ud83d\ude00 \t\n";
    assertThat(CalibrationText.read(storage, List.of(file("a.tokens", text))))
        .isEqualTo(text.replace("\r\n", "\n"));
  }

  @Test
  void aByteOrderMarkIsNoText() throws IOException {
    assertThat(CalibrationText.read(storage, List.of(file("a.txt", "\ufeffa\ufeff"))))
        .isEqualTo("a\ufeff");
  }

  @Test
  void documentsAreJoinedByBlankLines() throws IOException {
    String lines =
        file(
            "a.jsonl",
            "{\"text\": \"one\", \"id\": 1}\r\n\n{\"id\": 2, \"text\": \"two\\nlines\"}\n");
    String more = file("b.json", "{\"text\": \"\\u00e9\\ud83d\\ude00\"}");
    String plain = file("c.txt", "three\n");
    assertThat(CalibrationText.read(storage, List.of(lines, more, plain)))
        .isEqualTo("one\n\ntwo\nlines\n\n\u00e9\ud83d\ude00\n\nthree\n");
  }

  @Test
  void badFilesAreNamedWithThePlace() throws IOException {
    refuses(file("bad.txt", new byte[] {'a', 'b', (byte) 0xc3, 'c'}), "bad.txt", "byte 2");
    refuses(file("cut.txt", new byte[] {'a', (byte) 0xe2, (byte) 0x82}), "cut.txt", "byte 1");
    refuses(file("a.jsonl", "{\"text\": \"x\"}\n{\"text\": \"y\"\n"), "a.jsonl, line 2");
    refuses(
        file("b.jsonl", "{\"text\": \"x\"}\n\n{\"content\": \"y\"}"), "b.jsonl, line 3", "text");
    refuses(file("c.jsonl", "{\"text\": 3}"), "c.jsonl, line 1");
    refuses(file("d.json", "[{\"text\": \"x\"},\n{\"text\": 1}]"), "d.json, element 2");
    refuses(file("e.jsonl", "{\"text\": \"ab\\ud800c\"}"), "e.jsonl, line 1", "surrogate", "at 2");
    refuses(file("f.jsonl", "{\"text\": \"a\", \"text\": \"b\"}"), "f.jsonl, line 1", "twice");
    refuses(file("empty.txt", " \n"), "empty.txt", "no text");
    refuses(file("empty.jsonl", ""), "empty.jsonl", "no text");
    refuses(folder.resolve("lost.txt").toString(), "lost.txt", "does not exist");
  }

  @Test
  void testWindowsAreConsecutiveAndDropTheRest() {
    assertThat(
            CalibrationText.windows(
                new int[] {0, 1, 2, 3, 4, 5, 6, 7}, new WindowDraw.Consecutive(3)))
        .isDeepEqualTo(new int[][] {{0, 1, 2}, {3, 4, 5}});
    assertThat(CalibrationText.windows(new int[] {7, 8}, new WindowDraw.Consecutive(2)))
        .isDeepEqualTo(new int[][] {{7, 8}});
  }

  @Test
  void aTextThatIsTooShortSaysHowMuchIsNeeded() {
    for (Runnable step :
        List.<Runnable>of(
            () -> CalibrationText.windows(new int[5], new WindowDraw.Consecutive(6)),
            () -> CalibrationText.windows(new int[5], new WindowDraw.AtRandom(6, 1, 0)))) {
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(step::run)
          .withMessageContaining("has 5 tokens")
          .withMessageContaining("needs 6");
    }
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> CalibrationText.windows(new int[5], new WindowDraw.Consecutive(1)))
        .withMessageContaining("at least 2");
  }

  @Test
  void calibrationWindowsDependOnTheSeedOnly() {
    int[] ids = IntStream.range(0, 10_000).toArray();
    int[][] windows = CalibrationText.windows(ids, new WindowDraw.AtRandom(32, 20, 5));
    assertThat(CalibrationText.windows(ids, new WindowDraw.AtRandom(32, 20, 5)))
        .isDeepEqualTo(windows);
    assertThat(CalibrationText.windows(ids, new WindowDraw.AtRandom(32, 7, 5)))
        .as("fewer are the first of more")
        .isDeepEqualTo(Arrays.copyOf(windows, 7));
    assertThat(
            Arrays.deepEquals(
                CalibrationText.windows(ids, new WindowDraw.AtRandom(32, 20, 6)), windows))
        .isFalse();
    for (int[] window : windows) {
      assertThat(window).isEqualTo(IntStream.range(window[0], window[0] + 32).toArray());
    }
  }

  @ParameterizedTest
  @CsvSource({"10000, 900", "400, 40", "64, 32"})
  void noWindowReachesIntoTheEndThatIsApart(int tokens, int end) {
    int[] ids = IntStream.range(0, tokens).toArray();
    WindowDraw.WithEndApart draw = new WindowDraw.WithEndApart(32, 200, 29, 5);
    int[][] windows = CalibrationText.windows(ids, draw);
    assertThat(windows).hasNumberOfRows(229);
    int most = 0;
    for (int i = 0; i < windows.length; i++) {
      int start = windows[i][0];
      assertThat(windows[i]).isEqualTo(IntStream.range(start, start + 32).toArray());
      assertThat(i < 200).isEqualTo(start + 32 <= tokens - Math.min(29 * 32, end));
      most = Math.max(most, i < 200 ? 0 : start + 32);
    }
    assertThat(most).isEqualTo(tokens);
    for (int from = 0; from < 229; from += 50) {
      int to = Math.min(229, from + 50);
      assertThat(draw.starts(tokens, from, to))
          .as("in parts")
          .isEqualTo(
              Arrays.stream(windows).skip(from).limit(to - from).mapToLong(w -> w[0]).toArray());
    }
  }

  @Test
  void anEndApartNeedsTextForTwoWindows() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(
            () -> CalibrationText.windows(new int[63], new WindowDraw.WithEndApart(32, 2, 1, 0)))
        .withMessageContaining("has 63 tokens")
        .withMessageContaining("needs 64");
  }

  @Test
  void windowsOfTheEndAreInNoOtherWindow() {
    int[] ids = IntStream.range(0, 200).toArray();
    WindowDraw.End end = new WindowDraw.End(6, 4);
    int[][] test = CalibrationText.windows(ids, end);
    assertThat(Arrays.stream(test).flatMapToInt(IntStream::of).toArray())
        .containsExactly(IntStream.range(176, 200).toArray());
    WindowDraw draw = new WindowDraw.AtRandom(6, 10_000, 3);
    int[][] rest = CalibrationText.windows(ids, new WindowDraw.WithoutEnd(draw, end.tokens()));
    assertThat(rest).isDeepEqualTo(CalibrationText.windows(Arrays.copyOf(ids, 176), draw));
    assertThat(Arrays.stream(rest).flatMapToInt(IntStream::of).max()).hasValue(175);
  }

  @Test
  void everyStartIsAboutAsLikely() {
    int[] ids = IntStream.range(0, 16).toArray();
    int[] counts = new int[11];
    for (int[] window : CalibrationText.windows(ids, new WindowDraw.AtRandom(6, 110_000, 1))) {
      counts[window[0]]++;
    }
    // 10000 expected with a standard deviation of 95
    assertThat(Arrays.stream(counts)).allMatch(count -> Math.abs(count - 10_000) < 500);
    assertThat(CalibrationText.windows(ids, new WindowDraw.AtRandom(16, 3, 1)))
        .isDeepEqualTo(new int[][] {ids, ids, ids});
  }

  /** First outputs of the published generator for the seed 1234567. */
  @Test
  void theGeneratorIsSplitMix64() {
    SplitMix random = new SplitMix(1234567);
    assertThat(Long.toUnsignedString(random.next())).isEqualTo("6457827717110365317");
    assertThat(Long.toUnsignedString(random.next())).isEqualTo("3203168211198807973");
    assertThat(Long.toUnsignedString(random.next())).isEqualTo("9817491932198370423");
  }
}
