package org.llmsurgeon.pipeline.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.llmsurgeon.checkpoint.text.TextPart;
import org.llmsurgeon.checkpoint.token.CalibrationText;
import org.llmsurgeon.checkpoint.token.TextSplit;
import org.llmsurgeon.checkpoint.token.WindowDraw;
import org.llmsurgeon.checkpoint.token.WindowFrame;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.WindowsFile;

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
   * @param paths files of text
   * @param draw where windows begin, without their frames
   * @param sets in how many sets of equal size they are kept
   */
  List<WindowsFile> make(String name, List<String> paths, WindowDraw draw, int sets) {
    return of(paths, tokens -> sample(name, tokens, draw, sets));
  }

  /**
   * Windows of a text of which a part is held out.
   *
   * @param calibration of the first part, in sets
   * @param test of the last part; null where the text is too short for one
   */
  record Divided(List<WindowsFile> calibration, WindowsFile test) {}

  /**
   * Makes windows of a text, and test windows of its end, which no other window reaches.
   *
   * @param paths files of text
   * @param draw where windows begin
   * @param sets in how many sets of equal size they are kept
   * @param most test windows at most; as many as fit a tenth of the text
   */
  Divided divide(List<String> paths, WindowDraw draw, int sets, int most) {
    return of(
        paths,
        tokens -> {
          long all = tokens.stream().mapToLong(TokenFile::tokens).sum();
          int count = (int) Math.min(most, all / HELD_OUT / draw.context());
          if (count == 0) {
            return new Divided(sample("calibration", tokens, draw, sets), null);
          }
          WindowDraw.End end = new WindowDraw.End(draw.context(), count);
          WindowDraw rest = new WindowDraw.WithoutEnd(draw, end.tokens());
          return new Divided(
              sample("calibration", tokens, rest, sets), sample("test", tokens, end, 1).get(0));
        });
  }

  private <T> T of(List<String> paths, Function<List<TokenFile>, T> use) {
    List<TextPart> files =
        paths.stream().map(path -> TextPart.whole(session.storage(), path)).toList();
    long bytes = files.stream().mapToLong(TextPart::bytes).sum();
    List<TokenFile> tokens = tokenise(TextSplit.plan(files, splitBytes(bytes)), bytes > MOST_WHOLE);
    try {
      CalibrationText.requireText(tokens.stream().allMatch(file -> file.content().blank()), paths);
      return use.apply(tokens.stream().filter(file -> file.tokens() > 0).toList());
    } finally {
      delete(tokens);
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
    tellOverlap(name, (long) windows * sets * draw.context(), all);
    int context = draw.context() + frame.size();
    int size = WindowsFile.partWindows(context);
    List<SampleTask.Range> ranges = new ArrayList<>();
    for (int set = 0; set < sets; set++) {
      for (int from = 0; from < windows; from += size) {
        int to = Math.min(from + size, windows);
        ranges.add(new SampleTask.Range(set * windows + from, set * windows + to));
      }
    }
    SampleTask task = new SampleTask(name, run.path(), tokens, draw, frame, session.settings());
    List<String> files = session.tasks().run(StageName.of("sample"), ranges, task).value();
    int each = files.size() / sets;
    return IntStream.range(0, sets)
        .mapToObj(set -> files.subList(set * each, (set + 1) * each))
        .map(parts -> new WindowsFile(parts, size, windows, context))
        .toList();
  }

  /** Windows that overlap tell less than their number promises. */
  private void tellOverlap(String name, long drawn, long all) {
    if (drawn > all) {
      session
          .progress()
          .note(
              String.format(
                  Locale.ROOT,
                  "Warning: the %s windows have %,d tokens and the text has %,d: they overlap, each"
                      + " token stands in %.1f of them; give more text or fewer --sequences.",
                  name,
                  drawn,
                  all,
                  (double) drawn / all));
    }
  }

  private void delete(List<TokenFile> tokens) {
    tokens.forEach(file -> run.delete(file.path()));
  }
}
