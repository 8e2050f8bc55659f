package org.llmsurgeon.pipeline.prune;

import java.util.List;
import java.util.Objects;
import org.llmsurgeon.InputException;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * What to prune, on what text, and where the result goes. Paths are plain local paths or URIs of
 * any Hadoop file system ({@code file:}, {@code hdfs:}, {@code s3a:}); on a cluster every machine
 * must reach them.
 *
 * @param model Hugging Face folder of the dense model
 * @param calibration text files, joined by blank lines, or one file of token windows
 * @param test the same for the perplexity; empty for none
 * @param output folder of the pruned model
 * @param run run directory, or null for {@code <output>/.surgeon-run}, which is removed on success
 * @param overwrite whether to replace what the output holds, and an unfinished run of another
 *     recipe, model or text; an unfinished run of the same goes on all the same
 * @param recipe how to prune
 * @param export in which form the result is written
 */
public record PruneRequest(
    String model,
    List<String> calibration,
    List<String> test,
    String output,
    String run,
    boolean overwrite,
    Recipe recipe,
    Route export) {
  /** Checks that what must be given is given. */
  public PruneRequest {
    calibration = List.copyOf(calibration);
    test = List.copyOf(test);
    Objects.requireNonNull(recipe, "recipe");
    Objects.requireNonNull(export, "export");
    if (model == null || model.isBlank()) {
      throw new InputException("No model is given; name the folder of a Hugging Face model.");
    }
    if (output == null || output.isBlank()) {
      throw new InputException("No output is given; name a folder for the pruned model.");
    }
  }

  /** A request whose result has the sizes of the model, and zeros where weights are gone. */
  public PruneRequest(
      String model,
      List<String> calibration,
      List<String> test,
      String output,
      String run,
      boolean overwrite,
      Recipe recipe) {
    this(model, calibration, test, output, run, overwrite, recipe, Route.ZEROS);
  }
}
