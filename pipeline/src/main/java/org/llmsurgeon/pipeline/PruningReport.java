package org.llmsurgeon.pipeline;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.surgery.Recipe;

/**
 * What a run did: {@code pruning_report.json} beside the pruned model, with names in snake_case.
 * Perplexities are null where no test text was given.
 *
 * @param versions programs that made it
 * @param inputs model and texts, with their SHA-256
 * @param recipe the recipe's options
 * @param context tokens of a window that is cut from text
 * @param seed of the draw of calibration windows
 * @param calibration what the model was calibrated on, or null where it needed no data
 * @param test what it was tested on, or null
 * @param resumedFromShot last shot that was there already when the run went on; 0 for none
 * @param densePerplexity of the model as it came
 * @param perplexityF32 after the last shot, before the weights are rounded to the folder's format
 * @param shots what happened in each shot; the last perplexity is of the folder as written
 * @param layers what is left of each layer
 */
public record PruningReport(
    Versions versions,
    RunInputs inputs,
    Map<String, Object> recipe,
    int context,
    long seed,
    Tokens calibration,
    Tokens test,
    int resumedFromShot,
    Double densePerplexity,
    Double perplexityF32,
    List<Shot> shots,
    List<Layer> layers) {
  /** Name of the file. */
  public static final String FILE = "pruning_report.json";

  /**
   * Programs that made a result.
   *
   * @param surgeon this program
   * @param spark Spark
   * @param java the driver's Java
   * @param device what did the arithmetic
   */
  public record Versions(String surgeon, String spark, String java, String device) {}

  /**
   * How much text there was.
   *
   * @param windows token windows
   * @param context tokens of each
   * @param tokens tokens in all of them
   */
  public record Tokens(int windows, int context, long tokens) {}

  /**
   * One shot.
   *
   * @param shot from 1
   * @param target share of the weights that was to be gone
   * @param removed weights that are gone, exactly
   * @param total weights of the prunable layers, biases included
   * @param sparsity {@code removed / total}
   * @param perplexity on the test text
   * @param seconds time of its stages
   */
  public record Shot(
      int shot,
      double target,
      long removed,
      long total,
      double sparsity,
      Double perplexity,
      StageSeconds seconds) {}

  /**
   * One layer after the last shot.
   *
   * @param name module name
   * @param rows outputs
   * @param rowsRemoved rows that are zero
   * @param rowsLeft the others
   * @param columns inputs, the bias included where there is one
   * @param columnsRemoved columns that are zero
   * @param columnsLeft the others
   * @param weights weights, the bias included
   * @param removed how many of them are gone
   * @param dampingG what was added to the diagonal of {@code G} in the last shot
   * @param dampingA what was added to the diagonal of {@code A} in the last shot
   */
  public record Layer(
      String name,
      int rows,
      int rowsRemoved,
      int rowsLeft,
      int columns,
      int columnsRemoved,
      int columnsLeft,
      long weights,
      long removed,
      double dampingG,
      double dampingA) {}

  /** Copies the lists, and gives the options the types they have in a recipe. */
  public PruningReport {
    recipe = Recipe.of(recipe).options();
    shots = List.copyOf(shots);
    layers = List.copyOf(layers);
  }

  /** Perplexity of the folder as written, or null. */
  @JsonIgnore
  public Double perplexity() {
    return shots.get(shots.size() - 1).perplexity();
  }

  /** Share of the prunable weights that is gone. */
  @JsonIgnore
  public double sparsity() {
    return shots.get(shots.size() - 1).sparsity();
  }
}
