package org.llmsurgeon.jobs.command;

import java.util.List;
import java.util.Map;
import org.llmsurgeon.jobs.option.RunSettings;
import org.llmsurgeon.jobs.option.Settings;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.surgery.catalog.CalibrationSettings;
import org.llmsurgeon.surgery.catalog.CurvatureSettings;
import org.llmsurgeon.surgery.catalog.StructureSettings;
import org.llmsurgeon.surgery.catalog.UpdateSettings;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.setting.Setting;
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
public final class ScoresCommand extends ExportCommand {
  /** The settings that this command takes. */
  public static final List<Setting<?>> SETTINGS =
      List.of(
          RunSettings.MODEL,
          RunSettings.CALIBRATION,
          RunSettings.OUTPUT,
          StructureSettings.STRUCTURES,
          CurvatureSettings.CURVATURE,
          CurvatureSettings.PASSES,
          CurvatureSettings.RANK,
          CurvatureSettings.FISHER,
          CurvatureSettings.FISHER_SAMPLES,
          UpdateSettings.DIAGONAL,
          CalibrationSettings.SEQUENCES,
          CalibrationSettings.CONTEXT,
          CalibrationSettings.SEED,
          CalibrationSettings.DRAW,
          CalibrationSettings.TEXT_COLUMN,
          UpdateSettings.DAMP_G,
          UpdateSettings.DAMP_A,
          CalibrationSettings.SHARDS);

  /** A command that does it. */
  public ScoresCommand() {
    super(SurgeonPipeline::scores);
  }

  /** One damping for costs of all kinds, so that they can be compared. */
  @Override
  Recipe recipe(Settings settings) {
    Map<String, Object> options = settings.recipeOptions();
    options.putIfAbsent(UpdateSettings.DAMP_G.name(), Recipe.defaults().damping().g());
    return Recipe.of(options);
  }
}
