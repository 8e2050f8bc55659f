package org.llmsurgeon.jobs.option;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.InputException;
import org.llmsurgeon.surgery.setting.Setting;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** A recipe: a YAML file of {@code key: value} lines with the keys of {@link RunSettings}. */
final class RecipeFile {
  private RecipeFile() {}

  /**
   * Reads a recipe.
   *
   * @param path a local file, or the name of a shipped recipe
   * @return the values that it gives, as YAML understands them; keys without a value are left out
   * @throws InputException naming the file and what is wrong in it
   */
  static Map<String, Object> read(String path) {
    Object content = parse(path, text(path));
    Map<String, Object> values = new LinkedHashMap<>();
    if (content == null) {
      return values;
    }
    if (!(content instanceof Map<?, ?> entries)) {
      throw new InputException(
          "Recipe " + path + " is not a list of 'key: value' lines; write one setting a line.");
    }
    for (Map.Entry<?, ?> entry : entries.entrySet()) {
      String key = String.valueOf(entry.getKey());
      if (RunSettings.named(key).isEmpty()) {
        throw unknown(path, key);
      }
      if (entry.getValue() instanceof Map<?, ?>) {
        throw new InputException(
            "Recipe " + path + ": '" + key + "' has settings below it; give one value.");
      }
      if (entry.getValue() != null) {
        values.put(key, entry.getValue());
      }
    }
    return values;
  }

  private static String text(String path) {
    try {
      return Files.readString(Path.of(path), StandardCharsets.UTF_8);
    } catch (NoSuchFileException missing) {
      return ShippedRecipes.text(path)
          .orElseThrow(
              () ->
                  new InputException(
                      "Recipe "
                          + path
                          + " does not exist; name a YAML file, or one of "
                          + String.join(", ", ShippedRecipes.NAMES)
                          + ".",
                      missing));
    } catch (MalformedInputException notText) {
      throw new InputException("Recipe " + path + " is not a text file in UTF-8.", notText);
    } catch (IOException cannotRead) {
      throw new InputException(
          "Recipe " + path + " cannot be read; name a YAML file that you may read.", cannotRead);
    }
  }

  private static Object parse(String path, String text) {
    try {
      return new Load(LoadSettings.builder().setLabel(path).build()).loadFromString(text);
    } catch (MarkedYamlEngineException wrong) {
      String where =
          wrong.getProblemMark().map(mark -> ", line " + (mark.getLine() + 1)).orElse("");
      throw new InputException(
          "Recipe " + path + where + ": not valid YAML (" + wrong.getProblem() + ").", wrong);
    } catch (YamlEngineException wrong) {
      String reason = String.valueOf(wrong.getMessage()).lines().findFirst().orElse("");
      throw new InputException("Recipe " + path + ": not valid YAML (" + reason + ").", wrong);
    }
  }

  private static InputException unknown(String path, String key) {
    List<String> known = RunSettings.ALL.stream().map(Setting::name).toList();
    String nearest =
        Spelling.nearest(key, known)
            .map(name -> "did you mean '" + name + "'? The settings are ")
            .orElse("the settings are ");
    return new InputException(
        "Recipe "
            + path
            + ": there is no setting '"
            + key
            + "'; "
            + nearest
            + String.join(", ", known)
            + ".");
  }
}
