package org.llmsurgeon.model.layer;

import java.util.List;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.ImageShape;
import org.llmsurgeon.model.config.PixelScale;
import org.llmsurgeon.model.pass.Batch;
import org.llmsurgeon.model.pass.Parameter;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Workspace;

/**
 * The way in of images (Dosovitskiy et al. 2021): each square is a row of numbers, which a linear
 * layer makes a token of; that is a convolution whose stride is its width. Tokens of the network's
 * own stand before them, and every place has a shift.
 *
 * @param shape how images become tokens
 * @param scale what pixels go through; null where nobody knows
 * @param projection {@code channels * patch * patch -> hidden}, with the channels outside
 * @param own tokens before those of the image, each {@code [1, hidden]}
 * @param positions {@code [1, tokens * hidden]}
 */
public record PatchEmbedding(
    ImageShape shape, PixelScale scale, Linear projection, List<Parameter> own, Parameter positions)
    implements WayIn {
  private static final int BITS = 8;
  private static final int LEVEL = 255;

  @Override
  public int hidden() {
    return projection.weight().rows();
  }

  @Override
  public void forward(Pass pass, Tensor out) {
    try (Workspace work = pass.workspace()) {
      int before = own.size();
      Tensor rows = work.empty(before + squares(pass), hidden());
      for (int i = 0; i < before; i++) {
        pass.device().copy(own.get(i).tensor(), rows.rowRange(i, i + 1));
      }
      projection.forward(pass, pixels(pass, work), rows.rowRange(before, rows.rows()));
      pass.device().embed(rows, rows(pass), out);
      Tensor shift = work.empty(out.rows(), out.columns());
      pass.device().embed(places(positions.tensor()), pass.batch().positions(0), shift);
      pass.device().add(1, shift, out);
    }
  }

  @Override
  public void backward(Pass pass, Tensor gradient) {
    try (Workspace work = pass.workspace()) {
      Tensor dPlaces = work.zeros(shape.tokens(), hidden());
      pass.device().embedBackward(pass.batch().positions(0), gradient, dPlaces);
      pass.addGradient(positions, dPlaces.reshape(1, positions.columns()));
      int before = own.size();
      Tensor dRows = work.zeros(before + squares(pass), hidden());
      pass.device().embedBackward(rows(pass), gradient, dRows);
      for (int i = 0; i < before; i++) {
        pass.addGradient(own.get(i), dRows.rowRange(i, i + 1));
      }
      Tensor dTokens = dRows.rowRange(before, dRows.rows());
      projection.backward(pass, pixels(pass, work), dTokens, null, 0);
    }
  }

  private Tensor places(Tensor table) {
    return table.reshape(shape.tokens(), hidden());
  }

  private int squares(Pass pass) {
    return Math.multiplyExact(pass.batch().sequences(), shape.patches());
  }

  /** For each token of the batch, its row among own tokens and squares. */
  private int[] rows(Pass pass) {
    int[] rows = new int[pass.batch().ids().length];
    int square = own.size();
    for (int token = 0; token < rows.length; token++) {
      int place = token % shape.tokens();
      rows[token] = place < own.size() ? place : square++;
    }
    return rows;
  }

  /** The numbers of all squares, {@code [squares, channels * patch * patch]}. */
  private Tensor pixels(Pass pass, Workspace work) {
    if (scale == null) {
      throw new InputException(
          "The model folder has no preprocessor_config.json, which says how pixels are scaled; copy"
              + " it from where the model comes from");
    }
    Batch batch = pass.batch();
    Tensor pixels = work.empty(squares(pass), shape.patchValues());
    float[][] tables = new float[shape.channels()][];
    for (int channel = 0; channel < tables.length; channel++) {
      tables[channel] = scale.table(channel);
    }
    float[] values = new float[shape.patches() * shape.patchValues()];
    for (int sequence = 0; sequence < batch.sequences(); sequence++) {
      cut(batch.images()[sequence], tables, values);
      pass.device().upload(values, 0, pixels, (long) sequence * values.length, values.length);
    }
    return pixels;
  }

  private void cut(int[] image, float[][] tables, float[] values) {
    int patch = shape.patch();
    int at = 0;
    for (int square = 0; square < shape.patches(); square++) {
      int top = square / shape.perSide() * patch;
      int left = square % shape.perSide() * patch;
      for (int channel = 0; channel < tables.length; channel++) {
        int shift = BITS * (tables.length - 1 - channel);
        for (int y = top; y < top + patch; y++) {
          for (int x = left; x < left + patch; x++) {
            values[at++] = tables[channel][image[y * shape.size() + x] >> shift & LEVEL];
          }
        }
      }
    }
  }
}
