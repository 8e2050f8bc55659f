package org.llmsurgeon.surgery.setting;

import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.llmsurgeon.InputException;

/**
 * One option, described once: command line, recipe files, defaults, refusals, the settings that a
 * report shows and the page of options all come from here.
 *
 * @param name its key in a recipe; on a command line it follows two hyphens
 * @param type what its values are
 * @param help what is said about it
 * @param fallback what holds where it is not given; null for nothing
 * @param needs what must hold for it to do anything
 * @param idle the value that asks for nothing, so is never refused; null where each does
 */
public record Setting<T>(
    String name,
    SettingType<T> type,
    Help help,
    Function<SettingValues, T> fallback,
    List<Need> needs,
    T idle) {

  /**
   * What is said about an option.
   *
   * @param group where it stands among the others
   * @param text what it decides, in sentences
   * @param fallback what holds where it is not given; null where the value itself says it
   * @param effect what another value does to the result, in sentences
   */
  public record Help(SettingGroup group, String text, String fallback, String effect) {}

  /**
   * Describes an option.
   *
   * @param name its key
   * @param type what its values are
   * @param group where it stands among the others
   * @param text what it decides, in sentences
   */
  public static <T> Setting<T> of(
      String name, SettingType<T> type, SettingGroup group, String text) {
    return new Setting<>(
        name, type, new Help(group, text, null, null), values -> null, List.of(), type.idle());
  }

  /** With what another value does to the result, in sentences. */
  public Setting<T> effect(String sentences) {
    Help said = new Help(help.group(), help.text(), help.fallback(), sentences);
    return new Setting<>(name, type, said, fallback, needs, idle);
  }

  /** With the value that holds where it is not given. */
  public Setting<T> orElse(T value) {
    return follows(values -> value, help.fallback());
  }

  /** With what is said of the value that holds where it is not given. */
  public Setting<T> orElse(T value, String text) {
    return follows(values -> value, text);
  }

  /** With a value that follows from others where it is not given; the text says how. */
  public Setting<T> follows(Function<SettingValues, T> value, String text) {
    Help said = new Help(help.group(), help.text(), text, help.effect());
    return new Setting<>(name, type, said, value, needs, idle);
  }

  /** With what must hold for it to do anything. */
  public Setting<T> needs(Need... all) {
    return new Setting<>(name, type, help, fallback, List.of(all), idle);
  }

  /** With the value that asks for nothing; null where each asks for something. */
  public Setting<T> idle(T value) {
    return new Setting<>(name, type, help, fallback, needs, value);
  }

  /** As it is written on a command line. */
  public String spelled() {
    return "--" + name;
  }

  /** As it is written on a command line, with a value. */
  public String spelled(Object value) {
    return spelled() + " " + value;
  }

  /** As it is written in a usage line, for example {@code --model DIR}. */
  public String usage() {
    return switch (type.form()) {
      case SWITCH -> spelled();
      case TEXT -> spelled(type.label());
      case LIST -> spelled(type.label()) + "...";
    };
  }

  /** What it decides, with what holds where it is not given. */
  public String description() {
    String text = help.fallback() == null ? shown(SettingValues.NONE) : help.fallback();
    return help.text() + (text == null ? "" : " Default: " + text + ".");
  }

  private String shown(SettingValues values) {
    T value = fallback.apply(values);
    return value == null ? null : type.form().shown(type.shown().apply(value));
  }

  /**
   * A value of it.
   *
   * @param given a number, boolean, text or list
   * @throws InputException naming the option if it is none
   */
  public T read(Object given) {
    return type.reader().read(this, given);
  }

  /** Whether it does anything. */
  boolean applies(SettingValues values) {
    return needs.stream().allMatch(each -> each.met().test(values));
  }

  /** What is shown of it: null where it does nothing. */
  public Object shownOf(SettingValues values) {
    T value = applies(values) ? values.get(this) : null;
    return value == null ? null : type.shown().apply(value);
  }

  /**
   * Throws if it is given and would do nothing, or has a value that it cannot have.
   *
   * @throws InputException naming it and what it goes with
   */
  public void check(SettingValues values) {
    if (!values.has(this)) {
      return;
    }
    for (Need need : needs) {
      boolean asks = idle == null || !Objects.equals(idle, values.get(this));
      if (asks && !need.met().test(values)) {
        throw new InputException(spelled() + need.refusal());
      }
    }
    values.get(this);
  }
}
