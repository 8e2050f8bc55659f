package org.llmsurgeon.jobs.option;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.llmsurgeon.surgery.catalog.RecipeSettings;
import org.llmsurgeon.surgery.setting.Setting;
import org.llmsurgeon.surgery.setting.SettingGroup;
import org.llmsurgeon.surgery.setting.SettingType;

/**
 * Everything that a run can be told: what its recipe is made of, and where its model, its data and
 * its result lie. Each is an option of the commands that use it, and a key of a recipe file.
 */
public final class RunSettings {
  /** The model. */
  public static final Setting<String> MODEL =
      Setting.of(
              "model",
              SettingType.text("DIR"),
              SettingGroup.BASIC,
              "Hugging Face folder of the model.")
          .effect("What is pruned; its number format is kept.");

  /** Calibration data. */
  public static final Setting<List<String>> CALIBRATION =
      Setting.of(
              "calibration",
              SettingType.files(),
              SettingGroup.BASIC,
              "Calibration data: text (.txt and anything unknown), JSON lines with a field 'text'"
                  + " (.jsonl, .json), both also with gzip (.gz), Parquet with a column 'text'"
                  + " (.parquet), or token windows (.safetensors with an int32 tensor"
                  + " 'calibration', .arrow); for models of images a folder with a folder of images"
                  + " for each label; files, folders or patterns ('data/*.jsonl').")
          .effect("Quality depends most on it: text like that of the model's use, and much of it.");

  /** Test data. */
  public static final Setting<List<String>> TEST =
      Setting.of(
              "test",
              SettingType.files(),
              SettingGroup.BASIC,
              "Test data for the perplexity, in the same forms (the tensor is named 'test').")
          .effect(
              "Only what is measured; a run without it keeps a part of the calibration text back"
                  + " for that.");

  /** Where the result goes. */
  public static final Setting<String> OUTPUT =
      Setting.of(
              "output",
              SettingType.text("PATH"),
              SettingGroup.BASIC,
              "Model folder, folder of tables, or .safetensors file.")
          .effect("None: where the result goes.");

  /** Where the state of a run lies. */
  public static final Setting<String> RUN =
      Setting.of(
              "run",
              SettingType.text("DIR"),
              SettingGroup.RUNNING,
              "Where the state of the run is kept, so that it can go on after a stop; removed at"
                  + " the end.")
          .effect("None: the same bytes wherever it lies.")
          .orElse(null, "<output>/.surgeon-run");

  /** The forms of an export, for users. */
  public static final String EXPORT_FORMS =
      "In which form the result is written: zeros (all sizes stay, and the mask as a file), uniform"
          + " (equal sizes, a plain config.json), nemotron-nas and per-layer (each block its own"
          + " sizes), indexed (rows and columns of each matrix), or auto, the most compact that"
          + " loads in most programs.";

  /** The form of the result. */
  public static final Setting<String> EXPORT =
      Setting.of("export", SettingType.text("FORM"), SettingGroup.RUNNING, EXPORT_FORMS)
          .effect("The same function in another form: which programs load it, and how large it is.")
          .orElse("auto");

  /** Whether an output may be replaced. */
  public static final Setting<Boolean> OVERWRITE =
      Setting.of(
              "overwrite",
              SettingType.flag(),
              SettingGroup.RUNNING,
              "Begin anew where the output or the run holds another.")
          .effect("None: what was there is replaced.")
          .orElse(false);

  /** All of them, in the order of recipe files and help texts. */
  public static final List<Setting<?>> ALL =
      Stream.of(
              List.of(MODEL, CALIBRATION, TEST, OUTPUT),
              RecipeSettings.ALL,
              List.of(RUN, EXPORT, OVERWRITE))
          .<Setting<?>>flatMap(List::stream)
          .toList();

  private RunSettings() {}

  /** The option of a recipe key, if there is one. */
  public static Optional<Setting<?>> named(String key) {
    return ALL.stream().filter(option -> option.name().equals(key)).findFirst();
  }
}
