package org.llmsurgeon.pipeline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.CalibrationText;
import org.llmsurgeon.checkpoint.TextTokenizer;
import org.llmsurgeon.checkpoint.TokenWindows;
import org.llmsurgeon.model.ModelConfig;
import org.llmsurgeon.surgery.Recipe;

/**
 * Makes token windows out of files: files of windows are used whole and in order, texts are joined
 * by blank lines and go through the model's own tokenizer once.
 */
final class WindowBuilder {
  private final HadoopStorage storage;
  private final String folder;
  private final ModelConfig config;

  /**
   * Windows for a model.
   *
   * @param storage where the files are
   * @param folder the model's folder, which has the tokenizer
   * @param config the model
   */
  WindowBuilder(HadoopStorage storage, String folder, ModelConfig config) {
    this.storage = storage;
    this.folder = folder;
    this.config = config;
  }

  /**
   * Calibration windows.
   *
   * @param files texts, or files of windows whose tensor is called {@code calibration}
   * @param text how text becomes windows
   */
  TokenWindows calibration(List<String> files, Recipe.CalibrationText text) {
    if (areWindows(files)) {
      return stored(files, "calibration");
    }
    int context = context(text);
    return new TokenWindows(
        CalibrationText.calibrationWindows(tokens(files), context, text.sequences(), text.seed()));
  }

  /**
   * Test windows.
   *
   * @param files texts, or files of windows whose tensor is called {@code test}
   * @param text how long a window of text is
   */
  TokenWindows test(List<String> files, Recipe.CalibrationText text) {
    if (areWindows(files)) {
      return stored(files, "test");
    }
    int context = context(text);
    return new TokenWindows(CalibrationText.testWindows(tokens(files), context));
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
