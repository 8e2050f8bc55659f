package org.llmsurgeon.pipeline.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.text.TextPart;
import org.llmsurgeon.checkpoint.text.TextReader;
import org.llmsurgeon.checkpoint.token.CalibrationText;
import org.llmsurgeon.checkpoint.token.TextPlaces;
import org.llmsurgeon.checkpoint.token.TextSplit;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.checkpoint.token.WindowDraw;
import org.llmsurgeon.checkpoint.token.WindowFrame;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.example.DrawnExamples;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.surgery.catalog.CalibrationSettings;
import org.llmsurgeon.surgery.catalog.DrawKind;

/**
 * Makes windows of texts of any size in two stages: tasks encode splits of the text and keep the
 * tokens in the run directory; then, as the number of tokens is known, tasks gather the windows
 * that are drawn. Only numbers of tokens and names of files come to the driver. The windows are
 * those of the text as a whole, whatever the splits.
 */
final class TextWindows {
  /** Spark setting: bytes of text that one task encodes at most. */
  static final String SPLIT = "spark.llmsurgeon.textSplit";

  /**
   * Bytes of text above which a tokenizer that allows no exact cut takes document by document: as a
   * whole it would need some 150 times as much memory.
   */
  static final long MOST_WHOLE = 64L << 20;

  /** Bytes of text from which on places are drawn first, unless the recipe says how. */
  static final long LARGE = 256L << 20;

  /** Bytes that say what a file is. */
  private static final long LOOK = 1L << 16;

  private static final long LEAST_SPLIT = 2L << 20;
  private static final long MOST_SPLIT = 32L << 20;
  private static final int SPLITS_PER_CORE = 3;

  /** One part of so many of a text may be held out. */
  private static final int HELD_OUT = 10;

  private final Session session;
  private final RunDirectory run;
  private final String model;
  private final int vocabulary;
  private final WindowFrame frame;

  /**
   * @param session the operation
   * @param run where tokens and windows are kept
   * @param model folder of the tokenizer
   * @param vocabulary tokens that the model has
   * @param frame tokens around every window
   */
  TextWindows(Session session, RunDirectory run, String model, int vocabulary, WindowFrame frame) {
    this.session = session;
    this.run = run;
    this.model = model;
    this.vocabulary = vocabulary;
    this.frame = frame;
  }

  /**
   * Makes windows.
   *
   * @param name what they are for
   * @param files of text
   * @param draw where windows begin, without their frames
   * @param sets in how many sets of equal size they are kept
   */
  List<WindowsFile> make(String name, List<TextPart> files, WindowDraw draw, int sets) {
    return of(files, tokens -> sample(name, tokens, draw, sets));
  }

  /**
   * Makes windows of a text, and test windows of its end, which no other window reaches.
   *
   * @param files of text
   * @param draw where windows begin
   * @param sets in how many sets of equal size they are kept
   * @param most test windows at most; as many as fit a tenth of the text
   */
  DrawnExamples.Divided divide(List<TextPart> files, WindowDraw draw, int sets, int most) {
    return of(
        files,
        tokens -> {
          long all = tokens.stream().mapToLong(TokenFile::tokens).sum();
          int count = (int) Math.min(most, all / HELD_OUT / draw.context());
          if (count == 0) {
            return new DrawnExamples.Divided(sample("calibration", tokens, draw, sets), null);
          }
          WindowDraw.End end = new WindowDraw.End(draw.context(), count);
          WindowDraw rest = new WindowDraw.WithoutEnd(draw, end.tokens());
          return new DrawnExamples.Divided(
              sample("calibration", tokens, rest, sets), sample("test", tokens, end, 1).get(0));
        });
  }

  private <T> T of(List<TextPart> files, Function<List<TokenFile>, T> use) {
    long bytes = files.stream().mapToLong(TextPart::bytes).sum();
    List<TokenFile> tokens = tokenise(TextSplit.plan(files, splitBytes(bytes)), bytes > MOST_WHOLE);
    try {
      CalibrationText.requireText(
          tokens.stream().allMatch(file -> file.content().blank()),
          files.stream().map(TextPart::path).toList());
      return use.apply(tokens.stream().filter(file -> file.tokens() > 0).toList());
    } finally {
      delete(tokens);
    }
  }

  /**
   * The files of a text where windows are drawn before it is read, see {@link TextPlaces}.
   *
   * @param files of text
   * @param kind what was asked for
   * @return empty where the text does not serve and need not
   * @throws InputException if places were asked for and the text does not serve
   */
  Optional<List<TextPart>> places(List<TextPart> files, DrawKind kind) {
    if (kind == DrawKind.TOKENS) {
      return Optional.empty();
    }
    long bytes = files.stream().mapToLong(TextPart::bytes).sum();
    if (bytes == 0 || kind == DrawKind.AUTO && bytes < LARGE) {
      return Optional.empty();
    }
    Optional<String> problem = problem(files);
    if (problem.isPresent() && kind == DrawKind.BYTES) {
      throw new InputException(
          problem.get() + "; give " + CalibrationSettings.DRAW.spelled("tokens") + ".");
    }
    if (problem.isPresent()) {
      return Optional.empty();
    }
    files.forEach(this::checkStart);
    return Optional.of(files);
  }

  /**
   * Makes windows at places that are drawn before anything is read.
   *
   * @param name what they are for
   * @param parts the text, as {@link #places} gives it
   * @param draw how many, and with which seed
   * @param sets in how many sets of equal size they are kept
   */
  List<WindowsFile> atPlaces(
      String name, List<TextPart> parts, WindowDraw.AtRandom draw, int sets) {
    return atPlaces(name, List.of(new PlaceTask.Region(parts, draw)), sets);
  }

  private List<WindowsFile> atPlaces(String name, List<PlaceTask.Region> regions, int sets) {
    PlaceTask task =
        new PlaceTask(name, model, vocabulary, run.path(), regions, frame, session.settings());
    int windows = regions.stream().mapToInt(region -> region.draw().count()).sum();
    return gather("tokenise", task, windows / sets, sets, regions.get(0).draw().context());
  }

  /**
   * As {@link #divide}, at places: test windows are of the last bytes of the text.
   *
   * @param parts the text, as {@link #places} gives it
   * @param draw how many, and with which seed
   * @param sets in how many sets of equal size they are kept
   * @param most test windows
   */
  DrawnExamples.Divided divideAtPlaces(
      List<TextPart> parts, WindowDraw.AtRandom draw, int sets, int most) {
    long bytes = parts.stream().mapToLong(TextPart::bytes).sum();
    long rest = bytes - bytes / HELD_OUT;
    WindowDraw.AtRandom test = new WindowDraw.AtRandom(draw.context(), most, draw.seed());
    return new DrawnExamples.Divided(
        atPlaces("calibration", TextPlaces.cut(parts, 0, rest), draw, sets),
        atPlaces("test", TextPlaces.cut(parts, rest, bytes), test, 1).get(0));
  }

  /**
   * As {@link WindowDraw.WithEndApart} says it, at places: the windows apart are of the last bytes
   * of the text.
   *
   * @param name what they are for
   * @param parts the text, as {@link #places} gives it
   * @param draw how many of both, and with which seed
   * @param held whether the end of the text is kept back, as {@link #divideAtPlaces} keeps it
   */
  WindowsFile withEndApart(
      String name, List<TextPart> parts, WindowDraw.WithEndApart draw, boolean held) {
    long all = parts.stream().mapToLong(TextPart::bytes).sum();
    long bytes = held ? all - all / HELD_OUT : all;
    long rest = bytes - bytes / HELD_OUT;
    WindowDraw.AtRandom random =
        new WindowDraw.AtRandom(draw.context(), draw.random(), draw.seed());
    WindowDraw.AtRandom apart = new WindowDraw.AtRandom(draw.context(), draw.apart(), draw.seed());
    return atPlaces(
            name,
            List.of(
                new PlaceTask.Region(TextPlaces.cut(parts, 0, rest), random),
                new PlaceTask.Region(TextPlaces.cut(parts, rest, bytes), apart)),
            1)
        .get(0);
  }

  /** Lets a reader refuse a file that is not what its name says, which shows at its start. */
  private void checkStart(TextPart file) {
    long some = Math.min(file.length(), LOOK);
    try (TextReader reader = new StoredTexts(session.storage()).open(file.range(0, some))) {
      reader.next();
    }
  }

  /** Why places in this text cannot be drawn before it is read, in words; empty where they can. */
  private Optional<String> problem(List<TextPart> files) {
    for (TextPart file : files) {
      if (!TextPlaces.serves(file.path())) {
        return Optional.of(
            file.path() + " cannot be read from any byte on, as .txt and .jsonl can");
      }
    }
    try (TextTokenizer tokenizer = TextTokenizer.open(session.storage(), model)) {
      return tokenizer.allowsCuts()
          ? Optional.empty()
          : Optional.of("The tokenizer of " + model + " is not known to allow cuts in a text");
    }
  }

  private long splitBytes(long bytes) {
    int cores = session.spark().defaultParallelism();
    long even = bytes / ((long) SPLITS_PER_CORE * cores);
    long usual = Math.max(LEAST_SPLIT, Math.min(MOST_SPLIT, even));
    return session.spark().getConf().getSizeAsBytes(SPLIT, usual);
  }

  private List<TokenFile> tokenise(List<TextSplit> splits, boolean byDocument) {
    TokeniseTask task =
        new TokeniseTask(
            model,
            vocabulary,
            run.path(),
            splits,
            byDocument,
            frame.size() > 0,
            session.settings());
    // Compressed files stay whole: splits differ in size.
    List<TokenFile> files =
        session
            .tasks()
            .longestFirst(
                StageName.of("tokenise"),
                IntStream.range(0, splits.size()).boxed().toList(),
                split -> bytes(splits.get(split)),
                task)
            .value();
    int empty = 0;
    while (empty < files.size() && files.get(empty).content().documents() == 0) {
      empty++;
    }
    if (empty == 0 || empty == files.size()) {
      return files;
    }
    // The first document has no blank line before it: what is empty before it must go.
    delete(files);
    return tokenise(splits.subList(empty, splits.size()), byDocument);
  }

  private static long bytes(TextSplit split) {
    return split.parts().stream().mapToLong(TextPart::bytes).sum();
  }

  private List<WindowsFile> sample(String name, List<TokenFile> tokens, WindowDraw draw, int sets) {
    long all = tokens.stream().mapToLong(TokenFile::tokens).sum();
    int windows = draw.windows(all) / sets;
    SampleTask task = new SampleTask(name, run.path(), tokens, draw, frame, session.settings());
    WindowsFile.Text text = new WindowsFile.Text(all, draw.context());
    List<WindowsFile> drawn =
        gather("sample", task, windows, sets, draw.context()).stream()
            .map(file -> file.drawnFrom(text))
            .toList();
    drawn.get(0).overlap(name, sets).ifPresent(each -> session.progress().note("Warning: " + each));
    return drawn;
  }

  /** A task for each file of windows. */
  private List<WindowsFile> gather(
      String stage,
      TaskFunction<SampleTask.Range, String> task,
      int windows,
      int sets,
      int textTokens) {
    int context = textTokens + frame.size();
    int size = WindowsFile.partWindows(context);
    List<SampleTask.Range> ranges = new ArrayList<>();
    for (int set = 0; set < sets; set++) {
      for (int from = 0; from < windows; from += size) {
        int to = Math.min(from + size, windows);
        ranges.add(new SampleTask.Range(set * windows + from, set * windows + to));
      }
    }
    List<String> files = session.tasks().run(StageName.of(stage), ranges, task).value();
    int each = files.size() / sets;
    return IntStream.range(0, sets)
        .mapToObj(set -> files.subList(set * each, (set + 1) * each))
        .map(parts -> new WindowsFile(parts, size, windows, context, null))
        .toList();
  }

  private void delete(List<TokenFile> tokens) {
    tokens.forEach(file -> run.delete(file.path()));
  }
}
