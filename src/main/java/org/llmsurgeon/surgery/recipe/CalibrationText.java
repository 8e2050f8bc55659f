package org.llmsurgeon.surgery.recipe;

import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.text.LabelledColumns;
import org.llmsurgeon.checkpoint.text.TextFormat;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.surgery.catalog.CalibrationSettings;
import org.llmsurgeon.surgery.catalog.DrawKind;
import org.llmsurgeon.surgery.catalog.ObjectiveSettings;
import org.llmsurgeon.surgery.setting.SettingValues;

/**
 * How calibration text becomes windows; files that hold windows already are used whole and in
 * order.
 *
 * @param sequences windows drawn
 * @param context tokens of a window; null for the model's positions, at most {@link
 *     CalibrationSettings#MOST_CONTEXT}
 * @param seed of the random draw
 * @param fresh whether every shot draws its own windows: those of shot t follow, in the draw of
 *     this seed, on those of the shots before
 * @param checked whether halves of the first shot's data are held against each other
 * @param draw how places are drawn
 * @param columns what is read of files of fields or columns
 */
public record CalibrationText(
    int sequences,
    Integer context,
    long seed,
    boolean fresh,
    boolean checked,
    DrawKind draw,
    LabelledColumns columns) {
  /** The same windows for all shots. */
  public CalibrationText(int sequences, Integer context, long seed) {
    this(sequences, context, seed, false, false, DrawKind.AUTO, LabelledColumns.USUAL);
  }

  /** The field or column that holds a text that has no labels: two columns are of pairs. */
  public String column() {
    return columns.texts().size() == 1 ? columns.texts().get(0) : TextFormat.FIELD;
  }

  static CalibrationText of(SettingValues values) {
    return new CalibrationText(
        values.get(CalibrationSettings.SEQUENCES),
        values.get(CalibrationSettings.CONTEXT),
        values.get(CalibrationSettings.SEED),
        values.get(CalibrationSettings.FRESH),
        values.get(CalibrationSettings.CHECK),
        values.get(CalibrationSettings.DRAW),
        ObjectiveSettings.columns(values));
  }

  /**
   * Throws where something is said that a network has no use for, whatever the data.
   *
   * @param config the network
   * @throws InputException saying so
   */
  public void requireUseOf(ModelConfig config) {
    new CalibrationUse(this, config).require();
  }

  /**
   * Tokens of a window for a model.
   *
   * @param positions the model's longest context
   */
  public int contextFor(int positions) {
    return context != null ? context : Math.min(positions, CalibrationSettings.MOST_CONTEXT);
  }

  /**
   * As {@link #contextFor(int)}, for windows that are cut from text.
   *
   * @param positions the model's longest context
   * @throws InputException if they would be longer
   */
  public int contextWithin(int positions) {
    int tokens = contextFor(positions);
    if (tokens > positions) {
      throw new InputException(
          CalibrationSettings.CONTEXT.spelled(String.valueOf(tokens))
              + " is more than the model's "
              + positions
              + " positions; give at most that.");
    }
    return tokens;
  }
}
