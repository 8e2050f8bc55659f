package org.llmsurgeon.export.verify;

import java.util.Random;
import java.util.function.UnaryOperator;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.export.survey.FolderWeights;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.weights.WeightSource;

/**
 * How far the last bit of each weight moves a model's logits. Some deep networks make much of
 * little: there that is far above the rounding of one sum, and another order of the same sums, as
 * in a smaller matrix, moves the logits as much.
 */
final class Sensitivity {
  private Sensitivity() {}

  /**
   * The largest change of a logit where every weight goes to the next number above or below, by a
   * fixed draw.
   *
   * @param storage where the model is
   * @param path its folder
   * @param windows token ids
   * @param device where to compute
   */
  static double of(Storage storage, String path, int[][] windows, Device device) {
    float[][] plain = logits(storage, path, windows, device, UnaryOperator.identity());
    float[][] moved =
        logits(storage, path, windows, device, each -> new Moved(each, new Random(0)));
    double most = 0;
    for (int i = 0; i < plain.length; i++) {
      for (int j = 0; j < plain[i].length; j++) {
        most = Math.max(most, Math.abs((double) plain[i][j] - moved[i][j]));
      }
    }
    return most;
  }

  private static float[][] logits(
      Storage storage,
      String path,
      int[][] windows,
      Device device,
      UnaryOperator<WeightSource> as) {
    float[][] all = new float[windows.length][];
    try (LanguageModel model = FolderWeights.model(storage, path, device, as)) {
      for (int i = 0; i < windows.length; i++) {
        all[i] = Verifier.logits(model, windows[i]);
      }
    }
    return all;
  }

  private record Moved(WeightSource source, Random random) implements WeightSource {
    @Override
    public boolean contains(String name) {
      return source.contains(name);
    }

    @Override
    public int[] shape(String name) {
      return source.shape(name);
    }

    @Override
    public Tensor load(String name, Device device) {
      return moved(source.writable().load(name, device), device);
    }

    /** Of a tensor that holds thousands of layers only the part that is asked for is moved. */
    @Override
    public Tensor load(String name, long first, int rows, int columns, Device device) {
      return moved(source.writable().load(name, first, rows, columns, device), device);
    }

    private Tensor moved(Tensor tensor, Device device) {
      float[] row = new float[tensor.columns()];
      for (int i = 0; i < tensor.rows(); i++) {
        long at = (long) i * row.length;
        device.download(tensor, at, row, 0, row.length);
        for (int j = 0; j < row.length; j++) {
          // What is gone stays gone
          row[j] =
              row[j] == 0 ? 0 : random.nextBoolean() ? Math.nextUp(row[j]) : Math.nextDown(row[j]);
        }
        device.upload(row, 0, tensor, at, row.length);
      }
      return tensor;
    }
  }
}
