package org.llmsurgeon.pipeline.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.FolderFiles;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.storage.StrictJson;
import org.llmsurgeon.checkpoint.text.JsonRows;
import org.llmsurgeon.checkpoint.text.LabelledColumns;
import org.llmsurgeon.checkpoint.text.LabelledRows;
import org.llmsurgeon.checkpoint.text.LabelledText;
import org.llmsurgeon.checkpoint.text.TextFormat;
import org.llmsurgeon.checkpoint.text.TextPart;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.parquet.ParquetRows;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.surgery.calibrate.LabelledEncoder;
import org.llmsurgeon.surgery.recipe.Recipe.CalibrationText;

/**
 * Makes windows of labelled texts. Examples are drawn without putting any back; all of them are in
 * one order, that of the seed, whose end is held out. Memory: the examples that are drawn, on the
 * driver.
 */
final class LabelledWindows {
  /** One example of so many may be held out. */
  private static final int HELD_OUT = 10;

  private final Session session;
  private final RunDirectory run;
  private final String folder;
  private final ModelConfig config;
  private final CalibrationText text;
  private final LabelledColumns columns;

  /**
   * @param session the operation
   * @param run where windows are kept
   * @param folder the model's folder, which has the tokenizer and the labels' names
   * @param config the model
   * @param text how many
   * @param columns what is read
   */
  LabelledWindows(
      Session session,
      RunDirectory run,
      String folder,
      ModelConfig config,
      CalibrationText text,
      LabelledColumns columns) {
    this.session = session;
    this.run = run;
    this.folder = folder;
    this.config = config;
    this.text = text;
    this.columns = columns;
  }

  /**
   * All examples, in their order.
   *
   * @param name what they are for
   * @param files labelled data
   */
  WindowsFile all(String name, List<String> files) {
    return timed(() -> write(name, files, null));
  }

  /**
   * Some examples.
   *
   * @param files labelled data
   * @param sets in how many sets, none of which has an example of another
   * @param most examples that are held out, at most a tenth; 0 for none
   */
  TextWindows.Divided divide(List<String> files, int sets, int most) {
    return timed(
        () -> {
          int[] order = order(files);
          int held = held(order.length, most);
          int each = Math.min(text.sequences(), (order.length - held) / sets);
          if (each == 0) {
            throw new InputException(
                "The labelled data has %d examples, and %d shots are to have their own; give more."
                    .formatted(order.length, sets));
          }
          tellFew(each, order.length);
          List<WindowsFile> calibration = new ArrayList<>();
          for (int set = 0; set < sets; set++) {
            int[] own = Arrays.copyOfRange(order, set * each, (set + 1) * each);
            calibration.add(write("calibration", files, own));
          }
          int[] end = Arrays.copyOfRange(order, order.length - held, order.length);
          WindowsFile test = held == 0 ? null : write("test", files, end);
          return new TextWindows.Divided(calibration, test);
        });
  }

  /**
   * Examples to train on: the last of those that are not held out.
   *
   * @param files labelled data
   * @param most examples that are held out, as in {@link #divide}
   * @param wanted how many
   */
  WindowsFile last(List<String> files, int most, int wanted) {
    return timed(
        () -> {
          int[] order = order(files);
          int end = order.length - held(order.length, most);
          int[] own = Arrays.copyOfRange(order, Math.max(0, end - wanted), end);
          return write("recovery", files, own);
        });
  }

  private static int held(int all, int most) {
    return Math.min(most, all / HELD_OUT);
  }

  private void tellFew(int each, int all) {
    if (each < text.sequences()) {
      session
          .progress()
          .note(
              String.format(
                  Locale.ROOT,
                  "Warning: the labelled data has %,d examples, so a shot has %,d of the %,d that"
                      + " are asked for; give more data.",
                  all,
                  each,
                  text.sequences()));
    }
  }

  private <T> T timed(Supplier<T> work) {
    return Timed.onDriver(
            session.progress(),
            StageName.of("tokenise"),
            1,
            () -> {
              T made = work.get();
              session.progress().taskFinished();
              return made;
            })
        .value();
  }

  /** All examples in the order of the seed (Fisher and Yates). */
  private int[] order(List<String> files) {
    int count = 0;
    for (String file : files) {
      try (LabelledRows rows = open(file)) {
        while (rows.next() != null) {
          count++;
        }
      }
    }
    if (count == 0) {
      throw new InputException(files.get(0) + " holds no example; give texts with labels.");
    }
    int[] order = new int[count];
    Arrays.setAll(order, i -> i);
    Random random = new Random(text.seed());
    for (int end = count - 1; end > 0; end--) {
      int other = random.nextInt(end + 1);
      int swapped = order[end];
      order[end] = order[other];
      order[other] = swapped;
    }
    return order;
  }

  /**
   * Whether a file begins with a pair of texts and a label, under usual names.
   *
   * @param session the operation
   * @param file any
   */
  static boolean isOfPairs(Session session, String file) {
    TextFormat format = TextFormat.of(file);
    if (format != TextFormat.LINES && format != TextFormat.PARQUET) {
      return false;
    }
    try (LabelledRows rows = open(session, file, "labels")) {
      JsonNode first = rows.next();
      return first != null && first.isObject() && LabelledColumns.isPair(first);
    }
  }

  private LabelledRows open(String file) {
    return open(session, file, config.objective().label());
  }

  private static LabelledRows open(Session session, String file, String objective) {
    return switch (TextFormat.of(file)) {
      case LINES -> new JsonRows(session.storage().open(file));
      case PARQUET ->
          new ParquetRows(session.storage().open(file), TextPart.whole(session.storage(), file));
      default ->
          throw new InputException(
              file
                  + " holds no labels, which a network for "
                  + objective
                  + " needs; give .jsonl or .parquet files with a text and a label in each row, or"
                  + " token windows.");
    };
  }

  /**
   * Writes examples.
   *
   * @param chosen which, in their order; null for all
   */
  private WindowsFile write(String name, List<String> files, int[] chosen) {
    boolean words = LabelledEncoder.words(config.objective());
    List<LabelledEncoder.Encoded> encoded =
        new ArrayList<>(Collections.nCopies(chosen == null ? 0 : chosen.length, null));
    JsonNode json =
        StrictJson.readObject(session.storage(), Storage.child(folder, FolderFiles.CONFIG));
    try (TextTokenizer tokenizer = TextTokenizer.open(session.storage(), folder)) {
      LabelledEncoder encoder = new LabelledEncoder(tokenizer, config.objective(), json, context());
      forEach(
          files,
          chosen,
          (place, each) -> {
            if (chosen == null) {
              encoded.add(encoder.encode(each));
            } else {
              encoded.set(place, encoder.encode(each));
            }
          });
    }
    if (encoded.isEmpty()) {
      throw new InputException(files.get(0) + " holds no example; give texts with labels.");
    }
    TokenWindows windows = new TokenWindows(LabelledEncoder.windows(encoded, words));
    return Windows.write(run, name, windows);
  }

  private int context() {
    return text.contextWithin(config.maxPositions());
  }

  /** Reads the chosen examples, or all; each with its place among the chosen ones. */
  private void forEach(
      List<String> files, int[] chosen, BiConsumer<Integer, LabelledText> receiver) {
    int[] places = chosen == null ? null : places(chosen);
    boolean words = LabelledEncoder.words(config.objective());
    int at = 0;
    for (String file : files) {
      try (LabelledRows rows = open(file)) {
        for (JsonNode row = rows.next(); row != null; row = rows.next()) {
          int place = places == null ? at : at < places.length ? places[at] : -1;
          if (place >= 0) {
            receiver.accept(place, columns.of(row, words, rows.where()));
          }
          at++;
        }
      }
    }
  }

  /** For each example up to the last one that is chosen, its place among them; -1 for none. */
  private static int[] places(int[] chosen) {
    int[] places = new int[Arrays.stream(chosen).max().orElse(-1) + 1];
    Arrays.fill(places, -1);
    for (int i = 0; i < chosen.length; i++) {
      places[chosen[i]] = i;
    }
    return places;
  }
}
