package org.llmsurgeon.surgery.recipe;

import org.llmsurgeon.surgery.recipe.Recipe.CalibrationText;

/** Options that say how calibration text becomes windows. */
public final class CalibrationSettings {
  static final SettingList ALL = new SettingList();

  /** Windows drawn. */
  public static final Setting<Integer> SEQUENCES =
      ALL.add(
          Setting.of(
                  "sequences",
                  SettingType.integer(1),
                  SettingGroup.CALIBRATION,
                  "Windows drawn from calibration text.")
              .orElse(128));

  /** Tokens of a window. */
  public static final Setting<Integer> CONTEXT =
      ALL.add(
          Setting.of(
                  "context",
                  SettingType.integer(2, "a window of at least 2 tokens"),
                  SettingGroup.CALIBRATION,
                  "Tokens of a window cut from text.")
              .orElse(
                  (Integer) null,
                  "the model's positions, at most " + CalibrationText.MOST_CONTEXT));

  /** Seed of the draw. */
  public static final Setting<Long> SEED =
      ALL.add(
          Setting.of(
                  "seed",
                  SettingType.longInteger(),
                  SettingGroup.CALIBRATION,
                  "Seed of the draw of windows.")
              .orElse(0L));

  /** Whether every shot draws its own. */
  public static final Setting<Boolean> FRESH =
      ALL.add(
          Setting.of(
                  "fresh-calibration",
                  SettingType.flag(),
                  SettingGroup.CALIBRATION,
                  "Every shot draws new windows from the calibration text.")
              .orElse(false));

  /** Groups of windows. */
  public static final Setting<Integer> SHARDS =
      ALL.add(
          Setting.of(
                  "shards",
                  SettingType.integer(0, "at least 1, or 0 for the default"),
                  SettingGroup.CALIBRATION,
                  "Groups of windows that are summed as one, whatever the number of machines; 0 for"
                      + " one per eight windows.")
              .orElse(0));

  private CalibrationSettings() {}
}
