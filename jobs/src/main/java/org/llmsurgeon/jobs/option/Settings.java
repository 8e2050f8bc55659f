package org.llmsurgeon.jobs.option;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.llmsurgeon.InputException;
import org.llmsurgeon.surgery.catalog.CalibrationSettings;
import org.llmsurgeon.surgery.catalog.RecipeSettings;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.setting.Setting;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** What a command was told: the values of its recipe file, over them those of its options. */
public final class Settings {
  /** The option that names a recipe file. */
  static final String RECIPE_OPTION = "--recipe";

  private final Map<String, Object> values;

  /** Names of what was given as an option, not by a recipe file. */
  private final Set<String> asked;

  private Settings(Map<String, Object> values, Set<String> asked) {
    this.values = values;
    this.asked = asked;
  }

  /** The option that names a recipe file. */
  public static OptionSpec recipeOption() {
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
   * @throws InputException if the recipe or a value in it cannot be used, naming the recipe
   */
  public static Settings of(ParseResult parsed) {
    Map<String, Object> values = new LinkedHashMap<>();
    String recipe = parsed.matchedOptionValue(RECIPE_OPTION, null);
    if (recipe != null) {
      values.putAll(RecipeFile.read(recipe));
      try {
        new Settings(values, Set.of()).checkAll();
      } catch (InputException wrong) {
        throw new InputException("Recipe " + recipe + ": " + wrong.getMessage(), wrong);
      }
    }
    Set<String> asked = new HashSet<>();
    for (Setting<?> setting : RunSettings.ALL) {
      if (parsed.hasMatchedOption(setting.spelled())) {
        values.put(setting.name(), parsed.matchedOptionValue(setting.spelled(), null));
        asked.add(setting.name());
      }
    }
    return new Settings(values, asked);
  }

  /** Whether something was given as an option; recipes are for more than one command and data. */
  public boolean asked(Setting<?> setting) {
    return asked.contains(setting.name());
  }

  /**
   * What is asked for of how text becomes windows, each with the files that it is for: it does
   * nothing where all of these hold windows.
   */
  public Map<String, List<String>> ofText() {
    List<String> calibration = list(RunSettings.CALIBRATION);
    List<String> both = new ArrayList<>(calibration);
    both.addAll(list(RunSettings.TEST));
    Map<String, List<String>> options = new LinkedHashMap<>();
    if (asked(CalibrationSettings.SEQUENCES)) {
      options.put(CalibrationSettings.SEQUENCES.spelled(), calibration);
    }
    if (asked(CalibrationSettings.CONTEXT)) {
      options.put(CalibrationSettings.CONTEXT.spelled(), both);
    }
    return options;
  }

  /**
   * Checks that something is given for each of these; the curvature {@code identity} without a
   * correction needs no calibration data.
   *
   * @param command the command's name, for the message
   * @throws InputException naming all that are missing
   */
  public void require(String command, Setting<?>... needed) {
    List<String> missing = new ArrayList<>();
    for (Setting<?> setting : needed) {
      Object value = get(setting);
      List<?> words =
          value instanceof List<?> all ? all : value == null ? List.of() : List.of(value);
      boolean given = words.stream().anyMatch(word -> !word.toString().isBlank());
      if (!given && !(setting == RunSettings.CALIBRATION && withoutData())) {
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
  public String text(Setting<String> setting) {
    return get(setting);
  }

  /** The values of a setting, empty where nothing is given. */
  public List<String> list(Setting<List<String>> setting) {
    List<String> all = get(setting);
    return all == null ? List.of() : all;
  }

  /** Whether a switch is on. */
  public boolean flag(Setting<Boolean> setting) {
    return Boolean.TRUE.equals(get(setting));
  }

  private <T> T get(Setting<T> setting) {
    Object value = values.get(setting.name());
    return value == null ? null : setting.read(value);
  }

  /**
   * How to prune.
   *
   * @throws InputException naming the option whose value cannot be used
   */
  public Recipe recipe() {
    return Recipe.of(recipeOptions());
  }

  /** What is given of the options of a recipe. */
  public Map<String, Object> recipeOptions() {
    Map<String, Object> options = new LinkedHashMap<>(values);
    options.keySet().removeIf(name -> RecipeSettings.named(name).isEmpty());
    return options;
  }

  private void checkAll() {
    recipe();
    RunSettings.ALL.forEach(this::get);
  }
}
