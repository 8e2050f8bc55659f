package org.llmsurgeon.jobs.option;

import java.util.List;
import org.llmsurgeon.surgery.setting.Setting;
import picocli.CommandLine.Model.OptionSpec;

/** A setting as an option of a command line. */
public final class SettingOption {
  private SettingOption() {}

  /** The option; its value is text, a list of texts, or a boolean. */
  public static OptionSpec of(Setting<?> setting) {
    OptionSpec.Builder builder =
        OptionSpec.builder(setting.spelled()).description(setting.description());
    return switch (setting.type().form()) {
      case SWITCH -> builder.type(boolean.class).arity("0").negatable(true).build();
      case TEXT -> builder.type(String.class).paramLabel(setting.type().label()).build();
      case LIST ->
          builder
              .type(List.class)
              .auxiliaryTypes(String.class)
              .arity("1..*")
              .paramLabel(setting.type().label())
              .build();
    };
  }
}
