package org.llmsurgeon.jobs;

import java.util.List;
import org.llmsurgeon.pipeline.SurgeonPipeline;
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
final class FactorsCommand extends ExportCommand {
  /** The settings that this command takes. */
  static final List<Setting> SETTINGS =
      List.of(
          Setting.MODEL,
          Setting.CALIBRATION,
          Setting.OUTPUT,
          Setting.CURVATURE,
          Setting.CURVATURE_PASSES,
          Setting.CURVATURE_RANK,
          Setting.FISHER,
          Setting.FISHER_SAMPLES,
          Setting.SEQUENCES,
          Setting.CONTEXT,
          Setting.SEED,
          Setting.SHARDS);

  /** A command that does it. */
  FactorsCommand() {
    super(SurgeonPipeline::factors);
  }
}
