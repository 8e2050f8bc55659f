package org.llmsurgeon.pipeline.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
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
import org.llmsurgeon.pipeline.example.DrawnExamples;
import org.llmsurgeon.pipeline.parquet.ParquetRows;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.surgery.calibrate.LabelledEncoder;
import org.llmsurgeon.surgery.recipe.CalibrationText;

/** Makes windows of labelled texts. Memory: the examples that are drawn, on the driver. */
final class LabelledWindows extends DrawnExamples {
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
    super(session.progress(), text);
    this.session = session;
    this.run = run;
    this.folder = folder;
    this.config = config;
    this.text = text;
    this.columns = columns;
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

  @Override
  protected int count(List<String> files) {
    int count = 0;
    for (String file : files) {
      try (LabelledRows rows = open(file)) {
        while (rows.next() != null) {
          count++;
        }
      }
    }
    return count;
  }

  @Override
  protected String what() {
    return "texts";
  }

  /**
   * Whether a file begins with a pair of texts and a label.
   *
   * @param session the operation
   * @param file any
   * @param columns what they are called
   */
  static boolean isOfPairs(Session session, String file, LabelledColumns columns) {
    TextFormat format = TextFormat.of(file);
    if (format != TextFormat.LINES && format != TextFormat.PARQUET) {
      return false;
    }
    try (LabelledRows rows = open(session, file, "labels")) {
      JsonNode first = rows.next();
      return first != null && first.isObject() && columns.isPair(first);
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

  @Override
  protected WindowsFile write(String name, List<String> files, int[] chosen) {
    return timed(() -> encode(name, files, chosen));
  }

  private WindowsFile encode(String name, List<String> files, int[] chosen) {
    boolean words = config.objective().labelsWords();
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
      throw none(files);
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
    boolean words = config.objective().labelsWords();
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
