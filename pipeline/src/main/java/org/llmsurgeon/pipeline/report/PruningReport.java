package org.llmsurgeon.pipeline.report;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.List;
import org.llmsurgeon.pipeline.forecast.ResourceUse;
import org.llmsurgeon.pipeline.run.RunInputs;
import org.llmsurgeon.surgery.choose.HalvesCheck;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * What a run did: {@code pruning_report.json} beside the pruned model, flat, with names in
 * snake_case. Perplexities are null where no test text was given.
 *
 * @param setup what made it, of what, and how
 * @param quality of the model as it came and as it is
 * @param shots what happened in each shot; the last perplexity is of the folder as written
 * @param layers what is left of each layer
 * @param notes what is doubtful or was kept on the way
 * @param numerics how the arithmetic went
 * @param resources what was planned and what was needed, or null where it was not measured
 * @param export in which form the folder is written, its size and speed before and after, and what
 *     both models write; null in reports of earlier versions
 */
public record PruningReport(
    @JsonUnwrapped Setup setup,
    @JsonUnwrapped Quality quality,
    List<ShotReport> shots,
    List<Layer> layers,
    @JsonUnwrapped Notes notes,
    @JsonUnwrapped Numerics numerics,
    ResourceUse resources,
    ExportReport export) {
  /** Name of the file. */
  public static final String FILE = "pruning_report.json";

  /**
   * What made a result, of what, and how.
   *
   * @param versions programs that made it
   * @param inputs model and texts, with their SHA-256
   * @param recipe how it was pruned
   * @param target how much was to go
   * @param context tokens of a window that is cut from text
   * @param seed of the draw of calibration windows
   * @param calibration what the model was calibrated on, or null where it needed no data
   * @param test what it was tested on, or null
   */
  public record Setup(
      Versions versions,
      RunInputs inputs,
      Recipe recipe,
      Target target,
      int context,
      long seed,
      Tokens calibration,
      Tokens test) {}

  /**
   * How good the models are.
   *
   * @param densePerplexity of the model as it came
   * @param perplexityF32 after the last shot, before the weights are rounded to the folder's format
   * @param scores what is said of the models beside their perplexity; empty for language models
   */
  public record Quality(Double densePerplexity, Double perplexityF32, List<Score> scores) {
    /** Copies the list. */
    public Quality {
      scores = scores == null ? List.of() : List.copyOf(scores);
    }
  }

  /**
   * What is doubtful or was kept on the way.
   *
   * @param resumedFromShot last shot that was there already when the run went on; 0 for none
   * @param warnings one sentence each
   * @param saved models that were kept
   */
  public record Notes(int resumedFromShot, List<String> warnings, List<Saved> saved) {
    /** Copies the lists. */
    public Notes {
      warnings = List.copyOf(warnings);
      saved = saved == null ? List.of() : List.copyOf(saved);
    }
  }

  /**
   * How the arithmetic went.
   *
   * @param factors how well each factor could be inverted, shot by shot
   * @param updates how the joint updates of single weights went, shot by shot
   * @param halves how far halves of the first shot's calibration data agree about the costs of
   *     units; null where that was not asked
   * @param trust cuts that were measured part by part; empty where that was not asked
   * @param experts how many calibration tokens reached each expert, shot by shot; empty where there
   *     are none
   */
  public record Numerics(
      List<Factor> factors,
      List<Update> updates,
      HalvesCheck halves,
      List<Trust> trust,
      List<Expert> experts) {
    /** Copies the lists. */
    public Numerics {
      experts = experts == null ? List.of() : List.copyOf(experts);
      trust = trust == null ? List.of() : List.copyOf(trust);
      factors = factors == null ? List.of() : List.copyOf(factors);
      updates = updates == null ? List.of() : List.copyOf(updates);
    }
  }

  /**
   * An expert in a shot.
   *
   * @param shot from 1
   * @param expert module name
   * @param tokens of the calibration data that reached it
   * @param inputs of the widest of its layers
   */
  public record Expert(int shot, String expert, long tokens, int inputs) {}

  /**
   * A part of the model in a shot, cut alone to see whether its prediction holds.
   *
   * @param shot from 1
   * @param round which try of the shot, from 1
   * @param part a layer, or an attention or MLP of a block
   * @param share of its weights that went in the shot
   * @param predictedNats growth of the loss by the quadratic model, nats per token
   * @param measuredNats growth of the loss on calibration windows
   * @param held whether it was held back in the next try
   */
  public record Trust(
      int shot,
      int round,
      String part,
      double share,
      double predictedNats,
      double measuredNats,
      boolean held) {}

  /**
   * What is said of a model beside its perplexity.
   *
   * @param metric {@code accuracy} and {@code f1} of labels; {@code spearman}, how much the
   *     similarities of all pairs of texts agree with the dense model's
   * @param dense of the model as it came
   * @param pruned of the folder as written
   */
  public record Score(String metric, Double dense, Double pruned) {}

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
   * A factor of a layer in a shot.
   *
   * @param shot from 1
   * @param layer module name
   * @param factor {@code G}, of the outputs, or {@code A}, of the inputs
   * @param size rows without the dead ones
   * @param dead rows of the layer, or columns for {@code A}, that are dead
   * @param diagonal its diagonal
   * @param inversion how it was inverted
   */
  public record Factor(
      int shot,
      String layer,
      String factor,
      int size,
      int dead,
      @JsonUnwrapped Diagonal diagonal,
      @JsonUnwrapped Inversion inversion) {
    /**
     * A diagonal, undamped, without the dead.
     *
     * @param smallestDiagonal smallest element
     * @param largestDiagonal largest element
     * @param trace sum
     */
    public record Diagonal(double smallestDiagonal, double largestDiagonal, double trace) {}

    /**
     * How a factor was inverted.
     *
     * @param condition estimate of the damped factor's condition number; null where nothing was
     *     inverted
     * @param damping what was added to each diagonal element
     * @param retries how often damping had to be raised to get there
     */
    public record Inversion(Double condition, double damping, int retries) {}
  }

  /**
   * The joint update of a layer's single weights in a shot, by conjugate gradients.
   *
   * @param shot from 1
   * @param layer module name
   * @param steps how many
   * @param residual norm of the residual that was reached, relative to that at the start
   * @param converged whether the tolerance was reached within the allowed steps
   */
  public record Update(int shot, String layer, int steps, double residual, boolean converged) {}

  /**
   * A model that was kept.
   *
   * @param share at which it was to be kept, in the target's quantity
   * @param shot after which
   * @param sparsity share of the prunable weights that is gone in it
   * @param perplexity of the folder as written, or null
   * @param folder where it is, as seen from this report
   */
  public record Saved(double share, int shot, double sparsity, Double perplexity, String folder) {}

  /**
   * How much was to go.
   *
   * @param of quantity that the share is of
   * @param share as it was asked for
   * @param shareOfWeights the same as a share of the prunable weights
   */
  public record Target(String of, double share, double shareOfWeights) {}

  /**
   * One layer after the last shot.
   *
   * @param name module name
   * @param lines its rows and columns
   * @param counts its weights
   * @param damping of its factors
   */
  public record Layer(
      String name,
      @JsonUnwrapped Lines lines,
      @JsonUnwrapped Weights counts,
      @JsonUnwrapped LayerDamping damping) {
    /**
     * Rows and columns of a layer.
     *
     * @param rows outputs
     * @param rowsRemoved rows that are zero
     * @param rowsLeft the others
     * @param columns inputs, the bias included where there is one
     * @param columnsRemoved columns that are zero
     * @param columnsLeft the others
     */
    public record Lines(
        int rows,
        int rowsRemoved,
        int rowsLeft,
        int columns,
        int columnsRemoved,
        int columnsLeft) {}

    /**
     * Weights of a layer.
     *
     * @param weights weights, the bias included
     * @param removed how many of them are gone
     * @param removedBefore how many of them were gone in the model as it came, in the same sense
     * @param zerosBefore how many of them were 0 in the model as it came, wherever they lie
     */
    public record Weights(long weights, long removed, long removedBefore, long zerosBefore) {}

    /**
     * Damping of a layer's factors.
     *
     * @param dampingG what was added to the diagonal of {@code G} in the last shot
     * @param dampingA what was added to the diagonal of {@code A} in the last shot
     */
    public record LayerDamping(double dampingG, double dampingA) {}
  }

  /** Copies the lists. */
  public PruningReport {
    shots = List.copyOf(shots);
    layers = List.copyOf(layers);
  }

  /** Perplexity of the folder as written, or null. */
  @JsonIgnore
  public Double perplexity() {
    return shots.get(shots.size() - 1).loss().perplexity();
  }

  /** Share of the prunable weights that is gone. */
  @JsonIgnore
  public double sparsity() {
    return shots.get(shots.size() - 1).removal().sparsity();
  }
}
