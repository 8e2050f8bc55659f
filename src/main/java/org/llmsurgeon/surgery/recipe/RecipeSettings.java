package org.llmsurgeon.surgery.recipe;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

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
}
