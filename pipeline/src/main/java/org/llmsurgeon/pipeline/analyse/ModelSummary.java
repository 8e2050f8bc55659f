package org.llmsurgeon.pipeline.analyse;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.io.Serializable;
import java.util.List;
import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.model.config.ImageShape;

/**
 * What a model folder holds, without running it; flat where it is written.
 *
 * @param architecture as in {@code config.json}
 * @param dtype number format of the stored weights
 * @param shape its sizes
 * @param head the tensor that is the head
 * @param counts how many numbers it has
 * @param sizes heads and neurons of each block
 * @param layers the prunable layers in block order
 */
public record ModelSummary(
    String architecture,
    String dtype,
    @JsonUnwrapped Shape shape,
    Head head,
    @JsonUnwrapped Counts counts,
    List<BlockSize> sizes,
    List<Layer> layers) {
  /**
   * Sizes of a network.
   *
   * @param blocks transformer blocks
   * @param hidden width of the residual stream
   * @param heads query heads of a block that was never pruned
   * @param keyValueHeads key and value heads of the same
   * @param headDimension columns of one head
   * @param vocabulary tokens of the vocabulary; 1 of a network that reads images
   * @param maxPositions longest context
   * @param images how it reads images; absent where it reads text
   */
  public record Shape(
      int blocks,
      int hidden,
      int heads,
      int keyValueHeads,
      int headDimension,
      int vocabulary,
      int maxPositions,
      @JsonInclude(JsonInclude.Include.NON_NULL) ImageShape images) {}

  /**
   * How many numbers a model has.
   *
   * @param parameters parameters of the whole model; a head that is the embedding, or equal to it,
   *     counts once
   * @param prunable weights of the linear layers inside blocks, biases included
   * @param removed how many of those are 0
   * @param factorBytes memory of all curvature factors of one calibration task, in bytes
   */
  public record Counts(long parameters, long prunable, long removed, long factorBytes) {
    /** Share of the prunable weights that is 0. */
    public double sparsity() {
      return prunable == 0 ? 0 : (double) removed / prunable;
    }
  }

  /**
   * The tensor that makes logits of the residual stream.
   *
   * @param tensor its name in the files
   * @param parameters its own; 0 where they count as the embedding's
   * @param kind how it stands to the embedding
   */
  public record Head(String tensor, long parameters, Kind kind) {
    /** How a head stands to the embedding. */
    public enum Kind {
      /** It is the embedding. */
      TIED,
      /** It is stored beside the embedding and equal to it. */
      EQUAL,
      /** It is stored beside the embedding and another, although the configuration ties them. */
      DIFFERENT,
      /** The configuration does not tie them. */
      OWN
    }
  }

  /**
   * One prunable layer {@code [rows, columns]}.
   *
   * @param name module name
   * @param role its place in the block, for example {@code QUERY}
   * @param rows outputs
   * @param columns inputs, the bias included where there is one
   * @param bias whether there is a bias
   * @param zeroRows rows that are all zero, bias included
   * @param zeroColumns columns that are all zero
   * @param zeros zeros of any kind
   */
  public record Layer(
      String name,
      String role,
      int rows,
      int columns,
      boolean bias,
      int zeroRows,
      int zeroColumns,
      long zeros)
      implements Serializable {
    /** Weights, biases included. */
    public long weights() {
      return (long) rows * columns;
    }

    /** Weights in all-zero rows or columns. */
    public long removed() {
      return (long) zeroRows * columns + (long) zeroColumns * rows - (long) zeroRows * zeroColumns;
    }
  }
}
