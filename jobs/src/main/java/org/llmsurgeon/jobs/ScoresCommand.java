package org.llmsurgeon.jobs;

import java.util.List;
import java.util.Map;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.surgery.recipe.Recipe;
import picocli.CommandLine.Command;

/** {@code surgeon scores}: what each row and column of every prunable layer would cost. */
@Command(
    name = "scores",
    customSynopsis =
        "surgeon scores --model DIR --calibration FILE... --output FILE.safetensors [OPTIONS]",
    description = {
      "Writes what removing each row and column would cost.",
      "",
      "The .safetensors file holds <layer>.row [out] and <layer>.column [in], the bias as last"
          + " column where there is one: the expected rise of the loss in nats per token. With"
          + " --structures element also <layer>.element [out, in], of each single weight. The"
          + " damping of G is 0.01 unless --damp-g says otherwise, whatever the structures.",
      ""
    },
    footer = {
      "",
      "Example: surgeon scores --model models/smollm2-135m --calibration train.txt"
          + " --output scores.safetensors"
    })
final class ScoresCommand extends ExportCommand {
  /** The settings that this command takes. */
  static final List<Setting> SETTINGS =
      List.of(
          Setting.MODEL,
          Setting.CALIBRATION,
          Setting.OUTPUT,
          Setting.STRUCTURES,
          Setting.CURVATURE,
          Setting.CURVATURE_PASSES,
          Setting.CURVATURE_RANK,
          Setting.FISHER,
          Setting.FISHER_SAMPLES,
          Setting.DIAGONAL,
          Setting.SEQUENCES,
          Setting.CONTEXT,
          Setting.SEED,
          Setting.DAMP_G,
          Setting.DAMP_A,
          Setting.SHARDS);

  /** A command that does it. */
  ScoresCommand() {
    super(SurgeonPipeline::scores);
  }

  /** One damping for costs of all kinds, so that they can be compared. */
  @Override
  Recipe recipe(Settings settings) {
    Map<String, Object> options = settings.recipeOptions();
    options.putIfAbsent(Setting.DAMP_G.key(), Recipe.defaults().damping().g());
    return Recipe.of(options);
  }
}
