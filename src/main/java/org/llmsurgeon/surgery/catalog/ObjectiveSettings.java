package org.llmsurgeon.surgery.catalog;

import org.llmsurgeon.checkpoint.text.LabelledColumns;
import org.llmsurgeon.model.config.ObjectiveChoice;
import org.llmsurgeon.model.config.ObjectiveKind;
import org.llmsurgeon.pruning.structure.Structures;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.surgery.setting.Setting;
import org.llmsurgeon.surgery.setting.SettingGroup;
import org.llmsurgeon.surgery.setting.SettingList;
import org.llmsurgeon.surgery.setting.SettingType;
import org.llmsurgeon.surgery.setting.SettingValues;

/** Options that say what a network is to do, and what of labelled data is read for it. */
public final class ObjectiveSettings {
  /** The options. */
  public static final SettingList ALL = new SettingList();

  /** What the network is to do. */
  public static final Setting<ObjectiveKind> OBJECTIVE =
      ALL.add(
          Setting.of(
                  "objective",
                  SettingType.choice("NAME", ObjectiveKind::parse, ObjectiveKind::optionName)
                      .among(ObjectiveKind.values()),
                  SettingGroup.CALIBRATION,
                  "What the network is to do, whose loss the curvature is of: next-token,"
                      + " masked-token, classification, regression or embedding. One that the"
                      + " network has no head for is refused.")
              .effect(
                  "What is kept: embedding keeps the vectors that an encoder gives, the others what"
                      + " its head says; measured by perplexity, accuracy and F1, or correlations.")
              .orElse((ObjectiveKind) null, "what the architecture is for"));

  /** Which tokens are hidden. */
  public static final Setting<Long> MASK_SEED =
      ALL.add(
          Setting.of(
                  "mask-seed",
                  SettingType.longInteger(),
                  SettingGroup.CALIBRATION,
                  "Seed of the tokens that are hidden, for masked-token only.")
              .effect(
                  "Other tokens of the same windows are hidden, so another model of much the same"
                      + " quality, and another perplexity: compare with the same seed only.")
              .orElse((Long) null, "0"));

  /** Which column holds labels. */
  public static final Setting<String> LABEL_COLUMN =
      ALL.add(
          Setting.of(
                  "label-column",
                  SettingType.text("NAME"),
                  SettingGroup.CALIBRATION,
                  "Column of labelled data that holds the label: a number from 0, a name that"
                      + " config.json lists, the number of a regression, or a list with one for"
                      + " each word.")
              .effect("Which labels the network is to say; where a usual name is used, none.")
              .orElse(null, "label, labels, score, or ner_tags, tags, pos_tags"));

  private ObjectiveSettings() {}

  /** What the network is to do. */
  public static ObjectiveChoice objective(SettingValues values) {
    Structures structures = StructureSettings.structures(values);
    boolean experts = structures.coupled() && structures.units().contains(UnitKind.EXPERT);
    return new ObjectiveChoice(values.get(OBJECTIVE), values.get(MASK_SEED), experts);
  }

  /** What is read of files of fields or columns. */
  public static LabelledColumns columns(SettingValues values) {
    return new LabelledColumns(
        values.get(CalibrationSettings.TEXT_COLUMN), values.get(LABEL_COLUMN));
  }
}
