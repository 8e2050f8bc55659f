package org.llmsurgeon.surgery.setting;

import java.util.LinkedHashMap;
import java.util.Map;

/** What is given of some options, by name; what is not has defaults. */
public final class SettingValues {
  /** Nothing is given. */
  public static final SettingValues NONE = new SettingValues(new LinkedHashMap<>());

  private final Map<String, Object> given;

  private SettingValues(Map<String, Object> given) {
    this.given = given;
  }

  /**
   * What is given.
   *
   * @param options names and values; a null is not given
   */
  public static SettingValues of(Map<String, ?> options) {
    Map<String, Object> given = new LinkedHashMap<>();
    options.forEach(
        (name, value) -> {
          if (value != null) {
            given.put(name, value);
          }
        });
    return new SettingValues(given);
  }

  /** Whether an option is given. */
  public boolean has(Setting<?> option) {
    return given.containsKey(option.name());
  }

  /**
   * The value of an option, or what holds where it is not given.
   *
   * @throws org.llmsurgeon.InputException if what is given is no value of it
   */
  public <T> T get(Setting<T> option) {
    Object value = given.get(option.name());
    return value == null ? option.fallback().apply(this) : option.read(value);
  }
}
