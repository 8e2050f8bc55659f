package org.llmsurgeon.surgery.setting;

import java.util.Collection;
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

  /** The same with another value of an option. */
  public <T> SettingValues with(Setting<T> option, T value) {
    return given(option, option.type().shown().apply(value));
  }

  /**
   * The same with an option as somebody gave it.
   *
   * @param option the option
   * @param value a number, boolean, text or list, which may be none of its values
   */
  public SettingValues given(Setting<?> option, Object value) {
    Map<String, Object> changed = options();
    changed.put(option.name(), value);
    return of(changed);
  }

  /** The same where some options are not given. */
  public SettingValues without(Collection<? extends Setting<?>> others) {
    Map<String, Object> left = options();
    others.forEach(each -> left.remove(each.name()));
    return new SettingValues(left);
  }

  /** What is given, by name. */
  public Map<String, Object> options() {
    return new LinkedHashMap<>(given);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SettingValues that && given.equals(that.given);
  }

  @Override
  public int hashCode() {
    return given.hashCode();
  }
}
