package org.llmsurgeon.surgery.catalog;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.llmsurgeon.checkpoint.text.TextFormat;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.surgery.setting.Need;
import org.llmsurgeon.surgery.setting.Setting;
import org.llmsurgeon.surgery.setting.SettingGroup;
import org.llmsurgeon.surgery.setting.SettingList;
import org.llmsurgeon.surgery.setting.SettingType;

/** Options that say how calibration text becomes windows. */
public final class CalibrationSettings {
  /** Longest window that is used unless another is asked for, tokens. */
  public static final int MOST_CONTEXT = 2048;

  static final SettingList ALL = new SettingList();

  /** Curvatures whose factors are means over shards, each on its own. */
  private static final Set<CurvatureKind> ONE_PASS =
      EnumSet.of(CurvatureKind.KFAC, CurvatureKind.ACTIVATIONS);

  /** Windows drawn. */
  public static final Setting<Integer> SEQUENCES =
      ALL.add(
          Setting.of(
                  "sequences",
                  SettingType.integer(1),
                  SettingGroup.CALIBRATION,
                  "Windows drawn from calibration text.")
              .effect(
                  "More: less loss (64 instead of 16 windows: a sixth less excess loss on SmolLM2"
                      + " at 20 %); time grows in proportion.")
              .orElse(128));

  /** Tokens of a window. */
  public static final Setting<Integer> CONTEXT =
      ALL.add(
          Setting.of(
                  "context",
                  SettingType.integer(2, "a window of at least 2 tokens"),
                  SettingGroup.CALIBRATION,
                  "Tokens of a window cut from text.")
              .effect(
                  "Longer windows are nearer to long texts in use; tokens of one window tell less"
                      + " than as many of several.")
              .orElse((Integer) null, "the model's positions, at most " + MOST_CONTEXT));

  /** Seed of the draw. */
  public static final Setting<Long> SEED =
      ALL.add(
          Setting.of(
                  "seed",
                  SettingType.longInteger(),
                  SettingGroup.CALIBRATION,
                  "Seed of the draw of windows.")
              .effect(
                  "Other windows, so another model of much the same quality; the same seed gives"
                      + " the same bytes.")
              .orElse(0L));

  /** Whether every shot draws its own. */
  public static final Setting<Boolean> FRESH =
      ALL.add(
          Setting.of(
                  "fresh-calibration",
                  SettingType.flag(),
                  SettingGroup.CALIBRATION,
                  "Every shot draws new windows from the calibration text.")
              .effect(
                  "Later shots see other text: less adapted to one sample; the loss of two shots"
                      + " cannot be compared.")
              .orElse(false));

  /** Whether the report says if more data would help. */
  public static final Setting<Boolean> CHECK =
      ALL.add(
          Setting.of(
                  "check-data",
                  SettingType.flag(),
                  SettingGroup.CALIBRATION,
                  "In the first shot units are also costed under each half of the shards alone;"
                      + " the report says how far the halves agree, and whether more calibration"
                      + " data would help. Changes no weight.")
              .effect("None on the weights: it tells whether more text would help.")
              .orElse(false)
              .needs(
                  Need.only(
                      "--structures units and --curvature kfac or activations",
                      values ->
                          StructureSettings.structures(values).coupled()
                              && ONE_PASS.contains(values.get(CurvatureSettings.CURVATURE)))));

  /** How places are drawn. */
  public static final Setting<DrawKind> DRAW =
      ALL.add(
          Setting.of(
                  "draw",
                  SettingType.choice("KIND", DrawKind::parse, DrawKind::optionName),
                  SettingGroup.CALIBRATION,
                  "How windows are drawn: tokens, each token as likely as any other, for which all"
                      + " of the text is read; bytes, places in uncompressed .txt and .jsonl files,"
                      + " of which only the text there is read; or auto, bytes from 256 MiB of such"
                      + " text on.")
              .effect(
                  "Other windows of the same text, so another model of much the same quality; with"
                      + " bytes a text of any size takes seconds.")
              .orElse(DrawKind.AUTO));

  /** Where texts lie in files of fields or columns. */
  public static final Setting<List<String>> TEXT_COLUMN =
      ALL.add(
          Setting.of(
                  "text-column",
                  SettingType.words("NAME", Function.identity(), Function.identity()),
                  SettingGroup.CALIBRATION,
                  "The field or column that holds the text in .jsonl, .ndjson, .json, .parquet and"
                      + " .arrow files, of calibration and test; of labelled data two for pairs of"
                      + " texts, and for labels of tokens the one with the list of words.")
              .effect("It says which text is read.")
              .orElse(
                  List.of(),
                  TextFormat.FIELD
                      + "; of labelled data also sentence, or a usual pair as sentence1,sentence2"
                      + " or premise,hypothesis; tokens or words"));

  /** Groups of windows. */
  public static final Setting<Integer> SHARDS =
      ALL.add(
          Setting.of(
                  "shards",
                  SettingType.integer(0, "at least 1, or 0 for the default"),
                  SettingGroup.CALIBRATION,
                  "Groups of windows that are summed as one, whatever the number of machines; 0 for"
                      + " one per eight windows.")
              .effect(
                  "Only how sums are grouped: the last digits of the result, and how many tasks can"
                      + " work at once.")
              .orElse(0));

  private CalibrationSettings() {}
}
