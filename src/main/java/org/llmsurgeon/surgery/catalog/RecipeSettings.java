package org.llmsurgeon.surgery.catalog;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pruning.structure.Structures;
import org.llmsurgeon.surgery.setting.Setting;
import org.llmsurgeon.surgery.setting.SettingValues;

/**
 * All options of a recipe, in the order in which reports, recipe files and help texts name them.
 */
public final class RecipeSettings {
  /** The options. */
  public static final List<Setting<?>> ALL =
      Stream.of(
              StructureSettings.ALL,
              StepSettings.ALL,
              LayerSettings.ALL,
              CurvatureSettings.ALL,
              UpdateSettings.ALL,
              CalibrationSettings.ALL,
              ObjectiveSettings.ALL,
              ElementSettings.ALL,
              CorrectionSettings.ALL,
              RecoverySettings.ALL)
          .<Setting<?>>flatMap(part -> part.all().stream())
          .toList();

  private RecipeSettings() {}

  /** The option of this name, if there is one. */
  public static Optional<Setting<?>> named(String name) {
    return ALL.stream().filter(each -> each.name().equals(name)).findFirst();
  }

  /**
   * What is given: by name, then by a preset.
   *
   * @param options names and values; a null is not given
   * @throws InputException naming an option that there is not, or a preset
   */
  public static SettingValues given(Map<String, ?> options) {
    for (String name : options.keySet()) {
      if (named(name).isEmpty()) {
        throw unknown(name);
      }
    }
    Map<String, Object> given = new LinkedHashMap<>(options);
    given.values().removeIf(Objects::isNull);
    preset(SettingValues.of(given)).forEach(given::putIfAbsent);
    return SettingValues.of(given);
  }

  private static InputException unknown(String name) {
    List<String> names = ALL.stream().map(Setting::name).toList();
    return new InputException(
        "There is no recipe option '"
            + name
            + "'; the options are "
            + String.join(", ", names)
            + ".");
  }

  /** What a preset sets. Its choice among units says nothing about other structures. */
  private static Map<String, Object> preset(SettingValues asked) {
    Preset preset = asked.get(StructureSettings.PRESET);
    Map<String, Object> set = new LinkedHashMap<>();
    if (preset == null) {
      return set;
    }
    preset.options().forEach((option, value) -> set.put(option.name(), value));
    if (asked.has(StructureSettings.STRUCTURES)) {
      Structures structures = asked.get(StructureSettings.STRUCTURES);
      if (!structures.optionName().equals(set.get(StructureSettings.STRUCTURES.name()))) {
        StructureSettings.CHOICE.forEach(option -> set.remove(option.name()));
      }
      if (structures.sparse()) {
        set.remove(UpdateSettings.UPDATE.name());
      }
    }
    if (asked.has(StepSettings.TARGETS)) {
      set.remove(StepSettings.SHOTS.name());
    }
    return set;
  }

  /**
   * Throws where an option would do nothing, or has a value that it cannot have.
   *
   * @throws InputException naming it
   */
  public static void check(SettingValues values) {
    ALL.forEach(each -> each.check(values));
  }

  /** All options by name, in their order; what does nothing is null. */
  public static Map<String, Object> shown(SettingValues values) {
    Map<String, Object> shown = new LinkedHashMap<>();
    ALL.forEach(each -> shown.put(each.name(), each.shownOf(values)));
    return shown;
  }
}
