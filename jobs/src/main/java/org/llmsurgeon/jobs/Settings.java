package org.llmsurgeon.jobs;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.InputException;
import org.llmsurgeon.surgery.recipe.Recipe;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** What a command was told: the values of its recipe file, over them those of its options. */
final class Settings {
  /** The option that names a recipe file. */
  static final String RECIPE_OPTION = "--recipe";

  private final Map<Setting, Object> values;

  private Settings(Map<Setting, Object> values) {
    this.values = values;
  }

  /** The option that names a recipe file. */
  static OptionSpec recipeOption() {
    return OptionSpec.builder(RECIPE_OPTION)
        .type(String.class)
        .paramLabel("FILE.yaml")
        .description(
            "Settings from a file: the names of these options as keys; options win over it. See"
                + " conf/recipes.")
        .build();
  }

  /**
   * The settings of a parsed command line.
   *
   * @throws InputException if the recipe or a value in it cannot be used; naming the recipe
   */
  static Settings of(ParseResult parsed) {
    Map<Setting, Object> values = new EnumMap<>(Setting.class);
    String recipe = parsed.matchedOptionValue(RECIPE_OPTION, null);
    if (recipe != null) {
      values.putAll(RecipeFile.read(recipe));
      try {
        new Settings(values).checkAll();
      } catch (InputException wrong) {
        throw new InputException("Recipe " + recipe + ": " + wrong.getMessage(), wrong);
      }
    }
    for (Setting setting : Setting.values()) {
      if (parsed.hasMatchedOption(setting.optionName())) {
        values.put(setting, parsed.matchedOptionValue(setting.optionName(), null));
      }
    }
    return new Settings(values);
  }

  /**
   * Checks that something is given for each of these; the curvature {@code identity} without a
   * correction needs no calibration data.
   *
   * @param command the command's name, for the message
   * @throws InputException naming all that are missing
   */
  void require(String command, Setting... needed) {
    List<String> missing = new ArrayList<>();
    for (Setting setting : needed) {
      boolean given = list(setting).stream().anyMatch(word -> !word.isBlank());
      if (!given && !(setting == Setting.CALIBRATION && withoutData())) {
        missing.add(setting.usage());
      }
    }
    if (!missing.isEmpty()) {
      throw new InputException(
          command
              + " needs "
              + String.join(" and ", missing)
              + "; see 'surgeon help "
              + command
              + "'.");
    }
  }

  private boolean withoutData() {
    return !recipe().needsData();
  }

  /** The value of a setting as text, or null where nothing is given. */
  String text(Setting setting) {
    List<String> words = list(setting);
    if (words.size() > 1) {
      throw new InputException(
          "The setting '" + setting.key() + "' has " + words.size() + " values; give one.");
    }
    return words.isEmpty() ? null : words.get(0);
  }

  /** The values of a setting, empty where nothing is given. */
  List<String> list(Setting setting) {
    Object value = values.get(setting);
    if (value == null) {
      return List.of();
    }
    if (value instanceof List<?> several) {
      return several.stream().map(String::valueOf).toList();
    }
    return List.of(String.valueOf(value));
  }

  /** Whether a switch is on. */
  boolean flag(Setting setting) {
    String value = text(setting);
    if (value != null && !value.equals("true") && !value.equals("false")) {
      throw new InputException(
          "The option '" + setting.key() + "' is '" + value + "'; give true or false.");
    }
    return "true".equals(value);
  }

  /**
   * How to prune.
   *
   * @throws InputException naming the option whose value cannot be used
   */
  Recipe recipe() {
    return Recipe.of(recipeOptions());
  }

  /** What is given of the options of a recipe. */
  Map<String, Object> recipeOptions() {
    Map<String, Object> options = new LinkedHashMap<>();
    values.forEach(
        (setting, value) -> {
          if (setting.ofRecipe()) {
            options.put(setting.key(), value);
          }
        });
    return options;
  }

  private void checkAll() {
    recipe();
    for (Setting setting : values.keySet()) {
      switch (setting.form()) {
        case SWITCH -> flag(setting);
        case TEXT -> {
          if (!setting.ofRecipe()) {
            text(setting);
          }
        }
        case LIST -> list(setting);
      }
    }
  }
}
