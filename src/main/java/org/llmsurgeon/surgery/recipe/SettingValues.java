package org.llmsurgeon.surgery.recipe;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pruning.structure.Structures;

/**
 * What is given of the options of a recipe: by name, then by a preset; what is not has defaults.
 */
final class SettingValues {
  /** Nothing is given. */
  static final SettingValues NONE = new SettingValues(new LinkedHashMap<>());

  private final Map<String, Object> given;

  private SettingValues(Map<String, Object> given) {
    this.given = given;
  }

  /**
   * What is given.
   *
   * @param options names and values; a null is not given
   * @throws InputException naming an option that there is not, or a preset
   */
  static SettingValues of(Map<String, ?> options) {
    Map<String, Object> given = new LinkedHashMap<>();
    for (Map.Entry<String, ?> each : options.entrySet()) {
      if (RecipeSettings.named(each.getKey()).isEmpty()) {
        throw unknown(each.getKey());
      }
      if (each.getValue() != null) {
        given.put(each.getKey(), each.getValue());
      }
    }
    preset(new SettingValues(given)).forEach(given::putIfAbsent);
    return new SettingValues(given);
  }

  private static InputException unknown(String name) {
    List<String> names = RecipeSettings.ALL.stream().map(Setting::name).toList();
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

  /** Whether an option is given. */
  boolean has(Setting<?> option) {
    return given.containsKey(option.name());
  }

  /**
   * The value of an option, or what holds where it is not given.
   *
   * @throws InputException if what is given is no value of it
   */
  <T> T get(Setting<T> option) {
    Object value = given.get(option.name());
    return value == null ? option.fallback().apply(this) : option.read(value);
  }

  /** What may go. */
  Structures structures() {
    Structures structures = get(StructureSettings.STRUCTURES);
    return structures.coupled() ? get(StructureSettings.UNITS) : structures;
  }

  /**
   * Throws where an option would do nothing, or has a value that it cannot have.
   *
   * @throws InputException naming it
   */
  void check() {
    RecipeSettings.ALL.forEach(each -> each.check(this));
  }

  /** All options by name, in their order; what does nothing is null. */
  Map<String, Object> shown() {
    Map<String, Object> shown = new LinkedHashMap<>();
    RecipeSettings.ALL.forEach(each -> shown.put(each.name(), each.shownOf(this)));
    return shown;
  }
}
