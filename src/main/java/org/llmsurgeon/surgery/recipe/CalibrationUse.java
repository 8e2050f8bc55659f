package org.llmsurgeon.surgery.recipe;

import java.util.HashSet;
import java.util.List;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.surgery.catalog.CalibrationSettings;
import org.llmsurgeon.surgery.catalog.DrawKind;
import org.llmsurgeon.surgery.catalog.ObjectiveSettings;

/** What a network has no use for of what is said on calibration data, whatever the data. */
final class CalibrationUse {
  private final CalibrationText text;
  private final ModelConfig config;
  private final boolean labelled;

  /** Test data may then be pairs of texts with a score. */
  private final boolean pairs;

  CalibrationUse(CalibrationText text, ModelConfig config) {
    this.text = text;
    this.config = config;
    this.labelled = config.readsImages() || config.objective().row() != null;
    this.pairs = !config.objective().hasAnswers();
  }

  /**
   * Throws where something is said that has no use.
   *
   * @throws InputException naming the option
   */
  void require() {
    if (config.readsImages() && text.context() != null) {
      throw new InputException(
          "%s is how long a text is, and %s reads images of %d tokens; leave it out."
              .formatted(
                  CalibrationSettings.CONTEXT.spelled(String.valueOf(text.context())),
                  config.architecture(),
                  config.maxPositions()));
    }
    if (text.columns().label() != null && !labelled && !pairs) {
      throw new InputException(
          "%s names a column of labelled data, and the objective %s needs no labels; leave it out."
              .formatted(label(), config.objective().label()));
    }
    requireColumns(text.columns().texts());
    if (text.draw() != DrawKind.AUTO && labelled) {
      throw new InputException(
          CalibrationSettings.DRAW.spelled(text.draw().optionName())
              + " draws from text, and labelled data is drawn example by example; leave it out.");
    }
  }

  private void requireColumns(List<String> names) {
    String option = CalibrationSettings.TEXT_COLUMN.spelled(String.join(",", names));
    if (new HashSet<>(names).size() < names.size()) {
      throw new InputException(option + " names a column twice; name it once.");
    }
    if (text.columns().label() != null && names.contains(text.columns().label())) {
      throw new InputException(
          "%s and %s are the same column; name that of the label and that of the text."
              .formatted(option, label()));
    }
    if (names.size() > 1 && readsOne()) {
      throw new InputException(
          "%s names two columns, and the objective %s%s reads one; name that."
              .formatted(option, config.objective().label(), words() ? " of words" : ""));
    }
  }

  private String label() {
    return ObjectiveSettings.LABEL_COLUMN.spelled(text.columns().label());
  }

  private boolean readsOne() {
    return !labelled && !pairs || config.readsImages() || words();
  }

  private boolean words() {
    return config.objective().labelsWords();
  }
}
