package org.llmsurgeon.jobs;

import java.util.List;
import org.llmsurgeon.surgery.recipe.Recipe;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A setting as an option of a command line.
 *
 * @param setting the setting
 * @param label what stands for its value in usage lines
 * @param description what it decides
 * @param defaultText what holds where it is not given; null where the recipe's default says it
 */
record SettingOption(Setting setting, String label, String description, String defaultText) {
  /** The option; its value is text, a list of texts, or a boolean. */
  OptionSpec spec() {
    OptionSpec.Builder builder =
        OptionSpec.builder(setting.optionName()).description(description + defaultSentence());
    return switch (setting.form()) {
      case SWITCH -> builder.type(boolean.class).arity("0").negatable(true).build();
      case TEXT -> builder.type(String.class).paramLabel(label).build();
      case LIST ->
          builder
              .type(List.class)
              .auxiliaryTypes(String.class)
              .arity("1..*")
              .paramLabel(label)
              .build();
    };
  }

  private String defaultSentence() {
    if (setting.form() == Setting.Form.SWITCH) {
      return "";
    }
    if (defaultText != null) {
      return " Default: " + defaultText + ".";
    }
    return setting.ofRecipe()
        ? " Default: " + Recipe.defaults().options().get(setting.key()) + "."
        : "";
  }
}
