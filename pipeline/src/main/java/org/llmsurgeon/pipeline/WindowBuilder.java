package org.llmsurgeon.pipeline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.CalibrationText;
import org.llmsurgeon.checkpoint.TextTokenizer;
import org.llmsurgeon.checkpoint.TokenWindows;
import org.llmsurgeon.checkpoint.WindowDraw;
import org.llmsurgeon.model.ModelConfig;
import org.llmsurgeon.surgery.Recipe;

/**
 * Makes token windows out of files: files of windows are used whole and in order, texts are joined
 * by blank lines and go through the model's own tokenizer once.
 */
final class WindowBuilder {
  private static final StageName STAGE = StageName.of("tokenise");

  private final Session session;
  private final RunDirectory run;
  private final HadoopStorage storage;
  private final String folder;
  private final ModelConfig config;

  /**
   * Windows for a model.
   *
   * @param session the operation
   * @param run where the windows are kept
   * @param folder the model's folder, which has the tokenizer
   * @param config the model
   */
  WindowBuilder(Session session, RunDirectory run, String folder, ModelConfig config) {
    this.session = session;
    this.run = run;
    this.storage = session.storage();
    this.folder = folder;
    this.config = config;
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
  List<WindowsFile> calibration(List<String> files, Recipe.CalibrationText text, int shots) {
    if (text.fresh() && areWindows(files)) {
      throw new InputException(
          "--fresh-calibration draws from text, and "
              + files.get(0)
              + " holds token windows, which are used whole; give text, or leave the option out.");
    }
    int draws = text.fresh() ? shots : 1;
    return kept("calibration", draws, () -> drawn(files, text, draws));
  }

  private TokenWindows drawn(List<String> files, Recipe.CalibrationText text, int draws) {
    if (areWindows(files)) {
      return stored(files, "calibration");
    }
    int count = Math.multiplyExact(draws, text.sequences());
    return new TokenWindows(
        CalibrationText.windows(
            tokens(files), new WindowDraw.AtRandom(context(text), count, text.seed())));
  }

  /**
   * Makes test windows and keeps them under a new name.
   *
   * @param files texts, or files of windows whose tensor is called {@code test}
   * @param text how long a window of text is
   */
  WindowsFile test(List<String> files, Recipe.CalibrationText text) {
    Supplier<TokenWindows> windows =
        () -> {
          if (areWindows(files)) {
            return stored(files, "test");
          }
          int context = context(text);
          return new TokenWindows(
              CalibrationText.windows(tokens(files), new WindowDraw.Consecutive(context)));
        };
    return kept("test", 1, windows).get(0);
  }

  /** Keeps windows in so many parts of equal size. */
  private List<WindowsFile> kept(String name, int parts, Supplier<TokenWindows> windows) {
    return Timed.onDriver(
            session.progress(),
            STAGE,
            1,
            () -> {
              int[][] all = windows.get().windows();
              int size = all.length / parts;
              List<WindowsFile> files = new ArrayList<>();
              for (int from = 0; from < all.length; from += size) {
                int[][] part = Arrays.copyOfRange(all, from, from + size);
                files.add(Windows.write(run, name, new TokenWindows(part)));
              }
              session.progress().taskFinished();
              return files;
            })
        .value();
  }

  private int context(Recipe.CalibrationText text) {
    int context = text.contextFor(config.maxPositions());
    if (context > config.maxPositions()) {
      throw new InputException(
          "--context is "
              + context
              + " and the model has "
              + config.maxPositions()
              + " positions; give at most that.");
    }
    return context;
  }

  private static boolean areWindows(List<String> files) {
    long windows = files.stream().filter(TokenWindows::isWindowFile).count();
    if (windows != 0 && windows != files.size()) {
      throw new InputException(
          "Files of token windows and texts are mixed in "
              + String.join(", ", files)
              + "; give one kind.");
    }
    return windows != 0;
  }

  private TokenWindows stored(List<String> files, String tensor) {
    List<int[]> all = new ArrayList<>();
    for (String file : files) {
      TokenWindows windows = TokenWindows.read(storage, file, tensor);
      windows.requireVocabulary(config.vocabulary(), file);
      if (windows.context() > config.maxPositions()) {
        throw new InputException(
            file
                + " holds windows of "
                + windows.context()
                + " tokens and the model has "
                + config.maxPositions()
                + " positions; cut shorter ones.");
      }
      if (!all.isEmpty() && all.get(0).length != windows.context()) {
        throw new InputException(
            file + " holds windows of another length than " + files.get(0) + "; cut all to one.");
      }
      all.addAll(Arrays.asList(windows.windows()));
    }
    return new TokenWindows(all.toArray(int[][]::new));
  }

  private int[] tokens(List<String> files) {
    String text = CalibrationText.read(storage, files);
    try (TextTokenizer tokenizer = TextTokenizer.open(storage, folder)) {
      int[] tokens = tokenizer.encode(text, true);
      new TokenWindows(new int[][] {tokens})
          .requireVocabulary(config.vocabulary(), String.join(", ", files));
      return tokens;
    }
  }
}
