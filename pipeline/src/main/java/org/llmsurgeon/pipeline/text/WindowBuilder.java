package org.llmsurgeon.pipeline.text;

import java.util.List;
import java.util.stream.Stream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.image.ImageFile;
import org.llmsurgeon.checkpoint.text.LabelledColumns;
import org.llmsurgeon.checkpoint.text.TextFormat;
import org.llmsurgeon.checkpoint.text.TextPart;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.checkpoint.token.WindowDraw;
import org.llmsurgeon.checkpoint.token.WindowFrame;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.example.DrawnExamples;
import org.llmsurgeon.pipeline.example.ImageList;
import org.llmsurgeon.pipeline.example.ImageWindows;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.surgery.catalog.CalibrationSettings;
import org.llmsurgeon.surgery.catalog.ObjectiveSettings;
import org.llmsurgeon.surgery.recipe.CalibrationText;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.recover.RecoveryPlan;

/**
 * Makes token windows out of files: files of windows are used whole and in order, texts are joined
 * by blank lines and go through the model's own tokenizer; texts with labels each make one.
 */
public final class WindowBuilder {
  /** Test windows that are held out even where few are calibrated on. */
  private static final int LEAST_TEST = 8;

  /** Tokens of a text that a window has at least. */
  private static final int SHORTEST = 2;

  private final Session session;
  private final RunDirectory run;
  private final String folder;
  private final ModelConfig config;
  private final StoredWindows stored;

  /**
   * Windows for a model.
   *
   * @param session the operation
   * @param run where the windows are kept
   * @param folder the model's folder, which has the tokenizer
   * @param config the model
   */
  public WindowBuilder(Session session, RunDirectory run, String folder, ModelConfig config) {
    this.session = session;
    this.run = run;
    this.folder = folder;
    this.config = config;
    this.stored = new StoredWindows(session, run, config);
  }

  /**
   * Makes calibration windows and keeps them under new names.
   *
   * @param files texts, or files of windows whose tensor is called {@code calibration}
   * @param text how text becomes windows
   * @param shots how many shots there are
   * @return windows of the first shot, then, where each shot has its own, of the others
   * @throws InputException if stored windows are to be drawn anew
   */
  public List<WindowsFile> calibration(List<String> files, CalibrationText text, int shots) {
    requireUse(files, text);
    if (stored.are(files)) {
      return List.of(stored.calibration(files, text));
    }
    int draws = text.fresh() ? shots : 1;
    if (labelled()) {
      return labelled(text).divide(files, draws, 0).calibration();
    }
    WindowFrame frame = frame();
    WindowDraw.AtRandom draw = draw(text, draws, frame);
    TextWindows texts = texts(frame);
    List<TextPart> parts = parts(files, text);
    return texts
        .places(parts, text.draw())
        .map(places -> texts.atPlaces("calibration", places, draw, draws))
        .orElseGet(() -> texts.make("calibration", parts, draw, draws));
  }

  /**
   * Windows of a run.
   *
   * @param calibration of the first shot, then, where each shot has its own, of the others
   * @param test null for none
   */
  public record Divided(List<WindowsFile> calibration, WindowsFile test) {}

  /**
   * As {@link #calibration}, with test windows from the end of the text, which is then not
   * calibrated on: a tenth of it at most, and an eighth of the calibration windows or {@value
   * #LEAST_TEST}. Files of windows are used whole, so there are none then.
   *
   * @param files texts, or files of windows
   * @param text how text becomes windows
   * @param shots how many shots there are
   */
  public Divided divided(List<String> files, CalibrationText text, int shots) {
    requireUse(files, text);
    if (stored.are(files)) {
      return new Divided(calibration(files, text, shots), null);
    }
    int draws = text.fresh() ? shots : 1;
    DrawnExamples.Divided made;
    if (labelled()) {
      made = labelled(text).divide(files, draws, mostHeld(text));
    } else {
      WindowFrame frame = frame();
      WindowDraw.AtRandom draw = draw(text, draws, frame);
      TextWindows texts = texts(frame);
      List<TextPart> parts = parts(files, text);
      made =
          texts
              .places(parts, text.draw())
              .map(places -> texts.divideAtPlaces(places, draw, draws, mostHeld(text)))
              .orElseGet(() -> texts.divide(parts, draw, draws, mostHeld(text)));
    }
    return new Divided(made.calibration(), made.test());
  }

  private static int mostHeld(CalibrationText text) {
    return Math.max(LEAST_TEST, text.sequences() / 8);
  }

  private boolean labelled() {
    return config.readsImages() || config.objective().row() != null;
  }

  private DrawnExamples labelled(CalibrationText text) {
    return config.readsImages()
        ? new ImageWindows(session, run, folder, config.objective(), text)
        : new LabelledWindows(session, run, folder, config, text, text.columns());
  }

  /** Throws where something is said that the network or the files have no use for. */
  private void requireUse(List<String> files, CalibrationText text) {
    text.requireUseOf(config);
    if (!config.readsImages()) {
      refuseImages(files);
    }
    boolean pairs = !config.objective().hasAnswers();
    if (text.columns().label() != null && !pairs && stored.are(files)) {
      throw new InputException(
          "%s names a column of labelled data, and %s holds token windows; leave it out."
              .formatted(
                  ObjectiveSettings.LABEL_COLUMN.spelled(text.columns().label()), files.get(0)));
    }
  }

  private void refuseImages(List<String> files) {
    files.stream()
        .filter(ImageFile::is)
        .findFirst()
        .ifPresent(
            image -> {
              throw new InputException(
                  "%s is an image, and %s reads text; give text, or a model of images."
                      .formatted(image, config.architecture()));
            });
  }

  private WindowDraw.AtRandom draw(CalibrationText text, int draws, WindowFrame frame) {
    int count = Math.multiplyExact(draws, text.sequences());
    return new WindowDraw.AtRandom(context(text, frame), count, text.seed());
  }

  /**
   * Makes windows for the recovery after the last shot: of text new ones, the last of which are of
   * its end and in none of the others.
   *
   * @param calibration the calibration windows, which are used where no text is given
   * @param files as in {@link #calibration}
   * @param recipe how much to train on
   * @param held tokens at the end of the text that are for something else
   */
  public WindowsFile recovery(
      WindowsFile calibration, List<String> files, Recipe recipe, long held) {
    if (stored.are(files)) {
      return calibration;
    }
    if (labelled()) {
      RecoveryPlan.Wanted examples = RecoveryPlan.wanted(recipe.recovery(), calibration.context());
      int most = held > 0 ? mostHeld(recipe.calibration()) : 0;
      return labelled(recipe.calibration())
          .last(files, most, examples.training() + examples.heldOut());
    }
    WindowFrame frame = frame();
    int context = context(recipe.calibration(), frame);
    RecoveryPlan.Wanted wanted = RecoveryPlan.wanted(recipe.recovery(), context + frame.size());
    WindowDraw.WithEndApart draw =
        new WindowDraw.WithEndApart(
            context, wanted.training(), wanted.heldOut(), ~recipe.calibration().seed());
    TextWindows texts = texts(frame);
    List<TextPart> parts = parts(files, recipe.calibration());
    return texts
        .places(parts, recipe.calibration().draw())
        .map(places -> texts.withEndApart("recovery", places, draw, held > 0))
        .orElseGet(
            () -> texts.make("recovery", parts, new WindowDraw.WithoutEnd(draw, held), 1).get(0));
  }

  /**
   * Makes test windows and keeps them under a new name.
   *
   * @param files texts, or files of windows whose tensor is called {@code test}
   * @param text how long a window of text is
   */
  public WindowsFile test(List<String> files, CalibrationText text) {
    requireUse(files, text);
    if (stored.are(files)) {
      return stored.test(files);
    }
    if (labelled()) {
      return labelled(text).all("test", files);
    }
    if (arePairs(files, text)) {
      LabelledColumns columns = text.columns().ofPairs();
      return new LabelledWindows(session, run, folder, config, text, columns).all("test", files);
    }
    WindowFrame frame = frame();
    WindowDraw draw = new WindowDraw.Consecutive(context(text, frame));
    return texts(frame).make("test", parts(files, text), draw, 1).get(0);
  }

  /**
   * Whether files are pairs of texts with how alike they are, for a network of embeddings.
   *
   * @param files test data
   * @param text what columns are called
   */
  public boolean arePairs(List<String> files, CalibrationText text) {
    return !config.objective().hasAnswers()
        && !files.isEmpty()
        && !stored.are(files)
        && files.stream()
            .allMatch(file -> LabelledWindows.isOfPairs(session, file, text.columns()));
  }

  /**
   * Throws if the name of a column is given and no file has columns of text, or none such.
   *
   * @param calibration texts of a run, or files of windows
   * @param test likewise
   * @param text how text becomes windows
   */
  public void requireColumns(List<String> calibration, List<String> test, CalibrationText text) {
    boolean embeds = !config.objective().hasAnswers();
    if (embeds && text.columns().namePairs() && !arePairs(test, text)) {
      throw new InputException(
          "%s of pairs of texts with a score, and there is no test data of such pairs; give --test"
                  .formatted(named(text.columns()))
              + " with a file of them that has these columns, or leave it out.");
    }
    List<String> files = Stream.concat(calibration.stream(), test.stream()).toList();
    boolean images = config.readsImages();
    String option =
        !text.columns().texts().isEmpty()
            ? CalibrationSettings.TEXT_COLUMN.spelled(String.join(",", text.columns().texts()))
            : images && text.columns().label() != null
                ? ObjectiveSettings.LABEL_COLUMN.spelled(text.columns().label())
                : null;
    if (option != null && files.stream().noneMatch(this::hasColumns)) {
      throw new InputException(
          option
              + (images
                  ? " names a column of metadata.jsonl, metadata.csv or .parquet, and no file is of"
                      + " these; leave it out."
                  : " names a column of .jsonl, .ndjson, .json, .parquet or .arrow texts, and no"
                      + " text is of these; leave it out."));
    }
  }

  private static String named(LabelledColumns columns) {
    return columns.label() == null
        ? CalibrationSettings.TEXT_COLUMN.spelled(String.join(",", columns.texts()))
            + " names columns"
        : ObjectiveSettings.LABEL_COLUMN.spelled(columns.label()) + " names a column";
  }

  private boolean hasColumns(String file) {
    if (config.readsImages() && ImageList.isMetadata(file.substring(file.lastIndexOf('/') + 1))) {
      return true;
    }
    return TextFormat.of(file).hasColumns() && !TokenWindows.areIn(session.storage(), file);
  }

  private List<TextPart> parts(List<String> files, CalibrationText text) {
    return files.stream()
        .map(file -> TextPart.whole(session.storage(), file, text.column()))
        .toList();
  }

  /** An encoder has its special tokens around every window, some decoders one before it. */
  private WindowFrame frame() {
    boolean causal = config.attention().causal();
    if (causal && !config.ends().begun()) {
      return WindowFrame.NONE;
    }
    try (TextTokenizer tokenizer = TextTokenizer.open(session.storage(), folder)) {
      WindowFrame frame = WindowFrame.of(tokenizer);
      return causal ? frame.beginning() : frame;
    }
  }

  private TextWindows texts(WindowFrame frame) {
    return new TextWindows(session, run, folder, config.vocabulary(), frame);
  }

  /** Tokens of the text in a window. */
  private int context(CalibrationText text, WindowFrame frame) {
    int context = text.contextWithin(config.maxPositions());
    if (context < frame.size() + SHORTEST) {
      throw new InputException(
          "--context is %d, but this model has %d special tokens in every window and needs %d more;"
                  .formatted(context, frame.size(), SHORTEST)
              + " give at least %d.".formatted(frame.size() + SHORTEST));
    }
    return context - frame.size();
  }
}
