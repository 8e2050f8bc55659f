package org.llmsurgeon.pipeline.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.surgery.catalog.CalibrationSettings;
import org.llmsurgeon.surgery.catalog.DrawKind;
import org.llmsurgeon.surgery.recipe.CalibrationText;

/**
 * Files that hold token windows already: they are used whole and in order.
 *
 * @param session the operation
 * @param run where windows are kept
 * @param config the model
 */
public record StoredWindows(Session session, RunDirectory run, ModelConfig config) {
  private static final String WHOLE =
      ", and %s holds token windows, which are used whole; give text, or leave the option out.";

  /**
   * Throws if there are files and all hold token windows.
   *
   * @param storage where they are
   * @param option one that says how text becomes windows
   * @param paths files, folders and patterns; a file that does not exist is told of elsewhere
   * @throws InputException naming the option and a file
   */
  public static void requireText(HadoopStorage storage, String option, List<String> paths) {
    List<String> files = TextFiles.of(storage, paths);
    // The first that is text, or an image, ends it: there may be a great many.
    boolean windows =
        files.stream().allMatch(file -> storage.exists(file) && TokenWindows.areIn(storage, file));
    if (!files.isEmpty() && windows) {
      throw new InputException(option + " is for text" + WHOLE.formatted(files.get(0)));
    }
  }

  /**
   * Whether files are such, all of them or none.
   *
   * @param files some files
   * @throws InputException where some are and some are not
   */
  boolean are(List<String> files) {
    long windows =
        files.stream().filter(file -> TokenWindows.areIn(session.storage(), file)).count();
    if (windows != 0 && windows != files.size()) {
      throw new InputException(
          "Files of token windows and texts are mixed in "
              + String.join(", ", files)
              + "; give one kind.");
    }
    return windows != 0;
  }

  /**
   * Keeps windows to calibrate on.
   *
   * @param files whose tensor is called {@code calibration}
   * @param text what is said about a draw
   * @throws InputException where they are to be drawn anew
   */
  WindowsFile calibration(List<String> files, CalibrationText text) {
    if (text.fresh()) {
      throw new InputException(
          CalibrationSettings.FRESH.spelled() + " draws from text" + WHOLE.formatted(files.get(0)));
    }
    if (text.draw() != DrawKind.AUTO) {
      throw new InputException(
          CalibrationSettings.DRAW.spelled(text.draw().optionName())
              + " draws from text"
              + WHOLE.formatted(files.get(0)));
    }
    return write(files, "calibration");
  }

  /**
   * Keeps windows to test on.
   *
   * @param files whose tensor is called {@code test}
   */
  WindowsFile test(List<String> files) {
    return write(files, "test");
  }

  private WindowsFile write(List<String> files, String name) {
    return Timed.onDriver(
            session.progress(),
            StageName.of("tokenise"),
            1,
            () -> {
              TokenWindows windows = read(files, name);
              int tokens = config.readsImages() ? config.maxPositions() : windows.context();
              WindowsFile file = Windows.write(run, name, windows, tokens);
              session.progress().taskFinished();
              return file;
            })
        .value();
  }

  private TokenWindows read(List<String> files, String tensor) {
    List<int[]> all = new ArrayList<>();
    for (String file : files) {
      TokenWindows windows = TokenWindows.read(session.storage(), file, tensor);
      if (!config.readsImages() && config.objective().row() == null) {
        windows.requireVocabulary(config.vocabulary(), file);
      }
      config.objective().requireWidth(windows.context(), file);
      if (config.objective().places(windows.context()) > config.maxPositions()) {
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
}
