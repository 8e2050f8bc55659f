package org.llmsurgeon.pipeline.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.TinyTokenizers;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.text.TextPart;
import org.llmsurgeon.checkpoint.token.CalibrationText;
import org.llmsurgeon.checkpoint.token.TextPlaces;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.checkpoint.token.WindowDraw;
import org.llmsurgeon.checkpoint.token.WindowFrame;
import org.llmsurgeon.pipeline.ParquetFiles;
import org.llmsurgeon.pipeline.RecordingProgress;
import org.llmsurgeon.pipeline.RemoteFileSystem;
import org.llmsurgeon.pipeline.TestSpark;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.example.DrawnExamples;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.surgery.catalog.DrawKind;

class TextWindowsTest {
  private static final String REMOTE = "spark.hadoop.fs.remote.impl";
  private static final int VOCABULARY = 270;
  private static final WindowDraw RANDOM = new WindowDraw.AtRandom(64, 140_000, 7);
  private static final WindowDraw CONSECUTIVE = new WindowDraw.Consecutive(50);

  @TempDir Path temp;
  private Path model;
  private Path texts;
  private final List<String> documents = new ArrayList<>();

  @BeforeEach
  void makeTexts() throws IOException {
    model = Files.createDirectories(temp.resolve("model"));
    Files.writeString(model.resolve("tokenizer.json"), TinyTokenizers.byteLevel().toString());
    texts = Files.createDirectories(temp.resolve("texts"));
    Random random = new Random(4);
    List<String> rows = documents(random, 350);
    ParquetFiles.write(texts.resolve("1.parquet"), rows);
    List<String> lines = documents(random, 40);
    try (GZIPOutputStream out =
        new GZIPOutputStream(Files.newOutputStream(texts.resolve("2.jsonl.gz")))) {
      for (String line : lines) {
        out.write(new ObjectMapper().writeValueAsBytes(new Document(line)));
        out.write('\n');
      }
    }
    String plain = String.join("\r\n", documents(random, 200));
    Files.writeString(texts.resolve("3.txt"), plain);
    documents.addAll(rows);
    documents.addAll(lines);
    documents.add(plain.replace("\r\n", "\n"));
  }

  /** A line of JSON lines. */
  record Document(String text, int other) {
    Document(String text) {
      this(text, 3);
    }
  }

  private static List<String> documents(Random random, int count) {
    String[] words = {"the", " the", " thing", "\n", " 123", ".", " caf\u00e9", "  in"};
    return random
        .ints(count, 0, 40)
        .mapToObj(
            length -> {
              StringBuilder text = new StringBuilder();
              random.ints(length, 0, words.length).forEach(i -> text.append(words[i]));
              return text.toString();
            })
        .toList();
  }

  private int[][] expected(WindowDraw draw) {
    try (TextTokenizer tokenizer = TextTokenizer.open(new LocalStorage(), model.toString())) {
      int[] tokens = tokenizer.encode(String.join("\n\n", documents), true);
      return CalibrationText.windows(tokens, draw);
    }
  }

  /** What some Spark makes of all texts, after a check that nothing else is left. */
  private List<int[][]> windows(SparkConf conf, List<WindowDraw> draws) throws IOException {
    List<int[][]> made = new ArrayList<>();
    RecordingProgress progress = new RecordingProgress();
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      Session session = Session.begin(spark, progress);
      RunDirectory run = new RunDirectory(session.storage(), place(conf, temp.resolve("run")));
      List<TextPart> paths =
          TextFiles.of(session.storage(), List.of(place(conf, texts))).stream()
              .map(path -> TextPart.whole(session.storage(), path))
              .toList();
      for (WindowDraw draw : draws) {
        int sets = draw == RANDOM ? 2 : 1;
        List<WindowsFile> files =
            new TextWindows(session, run, place(conf, model), VOCABULARY, WindowFrame.NONE)
                .make("x", paths, draw, sets);
        made.add(
            files.stream()
                .flatMap(file -> Stream.of(Windows.read(run, file, 0, file.windows())))
                .toArray(int[][]::new));
        assertThat(files)
            .hasSize(sets)
            .extracting(WindowsFile::windows)
            .containsOnly(made.get(made.size() - 1).length / sets);
        assertThat(files).allMatch(file -> file.parts().size() == sets);
        try (Stream<Path> left = Files.list(temp.resolve("run/windows"))) {
          assertThat(left).hasSize(sets * sets);
        }
        run.delete();
      }
    }
    int splits =
        progress.events().stream()
            .filter(event -> event.startsWith("stage 0 tokenise "))
            .mapToInt(event -> Integer.parseInt(event.substring(17)))
            .max()
            .orElseThrow();
    assertThat(splits > 50).isEqualTo(conf.contains(TextWindows.SPLIT));
    return made;
  }

  /** A local path, or a URI that only Hadoop understands. */
  private static String place(SparkConf conf, Path path) {
    return conf.contains(REMOTE) ? RemoteFileSystem.uri(path) : path.toString();
  }

  @Test
  void windowsAreThoseOfTheWholeTextWhateverTheSplitsPartitionsAndFileSystem() throws IOException {
    List<WindowDraw> draws = List.of(RANDOM, CONSECUTIVE);
    List<int[][]> one = windows(TestSpark.conf("local[1]"), draws);
    List<int[][]> seven =
        windows(
            TestSpark.conf("local[7]")
                .set(TextWindows.SPLIT, "400b")
                .set(REMOTE, RemoteFileSystem.class.getName()),
            draws);

    for (int i = 0; i < draws.size(); i++) {
      int[][] expected = expected(draws.get(i));
      assertThat(one.get(i)).isDeepEqualTo(expected);
      assertThat(seven.get(i)).isDeepEqualTo(expected);
    }
  }

  @Test
  void textThatCannotBeUsedIsRefusedInOneSentence() throws IOException {
    TextPart blank = part(Files.writeString(temp.resolve("blank.jsonl"), "\n{\"text\": \" \"}"));
    TextPart few = part(Files.writeString(temp.resolve("few.txt"), "the the"));
    TextPart broken = part(Files.writeString(temp.resolve("broken.jsonl"), "\n{\"text\" \"x\"}"));
    try (JavaSparkContext spark = TestSpark.local(2)) {
      Session session = Session.begin(spark, Progress.silent());
      RunDirectory run = new RunDirectory(session.storage(), temp.resolve("run").toString());
      TextWindows windows =
          new TextWindows(session, run, model.toString(), VOCABULARY, WindowFrame.NONE);
      refuses(() -> windows.make("x", List.of(blank), RANDOM, 1), "blank.jsonl", "no text");
      refuses(() -> windows.make("x", List.of(few), RANDOM, 1), "has 2 tokens", "needs 64");
      refuses(() -> windows.make("x", List.of(few, broken), RANDOM, 1), "broken.jsonl, line 2");
      TextWindows small = new TextWindows(session, run, model.toString(), 256, WindowFrame.NONE);
      refuses(() -> small.make("x", List.of(few), CONSECUTIVE, 1), "token 257", "256");
      assertThat(Files.exists(temp.resolve("run/windows/x-0.arrow"))).isFalse();
    }
  }

  private static TextPart part(Path path) {
    return TextPart.whole(new LocalStorage(), path.toString());
  }

  private static void refuses(Runnable work, String... parts) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(work::run)
        .satisfies(each -> assertThat(each.getMessage()).contains(parts).doesNotContain("\n"));
  }

  @Test
  void placesAreDrawnBeforeTheTextIsReadWhereItServes() throws IOException {
    try (JavaSparkContext spark = new JavaSparkContext(TestSpark.conf("local[2]"))) {
      RecordingProgress progress = new RecordingProgress();
      Session session = Session.begin(spark, progress);
      RunDirectory run = new RunDirectory(session.storage(), temp.resolve("run").toString());
      TextWindows windows =
          new TextWindows(session, run, model.toString(), VOCABULARY, WindowFrame.NONE);
      WindowDraw.AtRandom draw = new WindowDraw.AtRandom(16, 6, 9);
      List<TextPart> plain = List.of(part(texts.resolve("3.txt")));
      List<TextPart> parquet = List.of(part(texts.resolve("1.parquet")));

      List<TextPart> parts = windows.places(plain, DrawKind.BYTES).orElseThrow();
      List<WindowsFile> sets = windows.atPlaces("x", parts, draw, 2);
      int[][] second = Windows.read(run, sets.get(1), 0, 3);
      int[][] all = Windows.read(run, windows.atPlaces("y", parts, draw, 1).get(0), 0, 6);
      assertThat(second).isDeepEqualTo(Arrays.copyOfRange(all, 3, 6));

      DrawnExamples.Divided divided = windows.divideAtPlaces(parts, draw, 1, 2);
      assertThat(divided.calibration().get(0).windows()).isEqualTo(6);
      assertThat(divided.test().windows()).isEqualTo(2);
      int[][] tests = Windows.read(run, divided.test(), 0, 2);
      assertThat(tests)
          .as("of the last tenth alone")
          .isDeepEqualTo(
              Windows.read(
                  run,
                  windows
                      .atPlaces(
                          "z",
                          TextPlaces.cut(
                              parts,
                              parts.get(0).length() - parts.get(0).length() / 10,
                              Long.MAX_VALUE),
                          new WindowDraw.AtRandom(16, 2, 9),
                          1)
                      .get(0),
                  0,
                  2));

      WindowsFile apart =
          windows.withEndApart("a", parts, new WindowDraw.WithEndApart(16, 6, 2, 9), false);
      assertThat(Windows.read(run, apart, 0, 6))
          .as("of what is calibrated on where a tenth is held out")
          .isDeepEqualTo(Windows.read(run, divided.calibration().get(0), 0, 6));
      assertThat(Windows.read(run, apart, 6, 8)).as("of the last tenth").isDeepEqualTo(tests);
      WindowsFile kept =
          windows.withEndApart("b", parts, new WindowDraw.WithEndApart(16, 6, 2, 9), true);
      List<TextPart> rest =
          TextPlaces.cut(parts, 0, parts.get(0).length() - parts.get(0).length() / 10);
      assertThat(Windows.read(run, kept, 0, 8))
          .as("nothing of what is kept back")
          .isDeepEqualTo(
              Windows.read(
                  run,
                  windows.withEndApart("c", rest, new WindowDraw.WithEndApart(16, 6, 2, 9), false),
                  0,
                  8));
      WindowFrame frame = new WindowFrame(new int[] {5}, new int[] {6, 7});
      TextWindows framed = new TextWindows(session, run, model.toString(), VOCABULARY, frame);
      int[][] around = Windows.read(run, framed.atPlaces("f", parts, draw, 1).get(0), 0, 6);
      assertThat(around)
          .as("special tokens around each")
          .isDeepEqualTo(Stream.of(all).map(frame::around).toArray(int[][]::new));

      assertThat(windows.places(plain, DrawKind.TOKENS)).isEmpty();
      assertThat(windows.places(plain, DrawKind.AUTO)).as("small").isEmpty();
      assertThatThrownBy(() -> windows.places(parquet, DrawKind.BYTES))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("1.parquet cannot be read from any byte on")
          .hasMessageContaining("give --draw tokens");
    }
  }
}
