package org.llmsurgeon.pipeline.analyse;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.weights.ModelWeights;

/**
 * Counts the zeros of one layer.
 *
 * @param model which weights
 * @param settings how to reach them
 */
record InspectTask(ModelRef model, HadoopSettings settings)
    implements TaskFunction<Integer, ModelSummary.Layer> {
  @Override
  public ModelSummary.Layer apply(Integer layer, String attempt) {
    try (ModelWeights weights = ModelWeights.open(settings.storage(), model)) {
      LinearShape shape = weights.config().linears().get(layer);
      ZeroCount count = new ZeroCount(shape.outputs(), shape.augmentedInputs());
      count.add(weights, shape.weightName(), 0, shape.inputs());
      if (shape.bias()) {
        count.add(weights, shape.biasName(), shape.inputs(), 1);
      }
      return new ModelSummary.Layer(
          shape.name(),
          shape.role().name(),
          shape.outputs(),
          shape.augmentedInputs(),
          shape.bias(),
          count.zero(count.rows),
          count.zero(count.columns),
          count.zeros);
    }
  }

  /** Non-zeros of each row and column, bias included. */
  private static final class ZeroCount {
    private final int[] rows;
    private final int[] columns;
    private long zeros;

    ZeroCount(int rows, int columns) {
      this.rows = new int[rows];
      this.columns = new int[columns];
    }

    /** Counts a tensor whose rows are those of the layer and whose columns start somewhere. */
    void add(ModelWeights weights, String name, int firstColumn, int width) {
      Device device = ExecutorDevice.shared();
      float[] row = new float[width];
      try (Tensor tensor = weights.load(name, device)) {
        for (int r = 0; r < rows.length; r++) {
          device.download(tensor, (long) r * width, row, 0, width);
          for (int c = 0; c < width; c++) {
            if (row[c] == 0) {
              zeros++;
            } else {
              rows[r]++;
              columns[firstColumn + c]++;
            }
          }
        }
      }
    }

    int zero(int[] counts) {
      int zero = 0;
      for (int count : counts) {
        zero += count == 0 ? 1 : 0;
      }
      return zero;
    }
  }
}
