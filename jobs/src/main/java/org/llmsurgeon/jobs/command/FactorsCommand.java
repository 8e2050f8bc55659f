package org.llmsurgeon.jobs.command;

import java.util.List;
import org.llmsurgeon.jobs.option.RunSettings;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.surgery.catalog.CalibrationSettings;
import org.llmsurgeon.surgery.catalog.CurvatureSettings;
import org.llmsurgeon.surgery.setting.Setting;
import picocli.CommandLine.Command;

/** {@code surgeon factors}: the Kronecker factors of every prunable layer, as a file. */
@Command(
    name = "factors",
    customSynopsis =
        "surgeon factors --model DIR --calibration FILE... --output FILE.safetensors [OPTIONS]",
    description = {
      "Writes the Kronecker factors of every prunable layer.",
      "",
      "The .safetensors file holds <layer>.A [in, in], with a last row and column for the bias"
          + " where there is one, and <layer>.G [out, out]: means over tokens, scaled to equal"
          + " norms.",
      ""
    },
    footer = {
      "",
      "Example: surgeon factors --model models/smollm2-135m --calibration train.txt"
          + " --output factors.safetensors"
    })
public final class FactorsCommand extends ExportCommand {
  /** The settings that this command takes. */
  public static final List<Setting<?>> SETTINGS =
      List.of(
          RunSettings.MODEL,
          RunSettings.CALIBRATION,
          RunSettings.OUTPUT,
          CurvatureSettings.CURVATURE,
          CurvatureSettings.PASSES,
          CurvatureSettings.RANK,
          CurvatureSettings.FISHER,
          CurvatureSettings.FISHER_SAMPLES,
          CalibrationSettings.SEQUENCES,
          CalibrationSettings.CONTEXT,
          CalibrationSettings.SEED,
          CalibrationSettings.DRAW,
          CalibrationSettings.TEXT_COLUMN,
          CalibrationSettings.SHARDS);

  /** A command that does it. */
  public FactorsCommand() {
    super(SurgeonPipeline::factors);
  }
}
