package org.llmsurgeon.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.pass.BlockTap;

/** Copies everything that it is shown, batch after batch. */
public final class RecordingTap implements BlockTap {
  /** Inputs by input group, all tokens one after the other. */
  final Map<String, List<double[]>> inputs = new LinkedHashMap<>();

  /** Output gradients by layer, all tokens one after the other. */
  public final Map<String, List<double[]>> gradients = new LinkedHashMap<>();

  /** What was shown, in order. */
  public final List<String> calls = new ArrayList<>();

  /** What it claims to gather of all blocks together. */
  long bytesOfAllBlocks = Long.MAX_VALUE;

  private final Device device;

  public RecordingTap(Device device) {
    this.device = device;
  }

  @Override
  public void inputs(List<LinearShape> layers, Tensor input) {
    calls.add("inputs " + layers.stream().map(LinearShape::name).toList());
    inputs
        .computeIfAbsent(layers.get(0).inputGroup(), key -> new ArrayList<>())
        .addAll(rows(input));
  }

  @Override
  public void outputGradients(LinearShape layer, Tensor gradient) {
    calls.add("gradients " + layer.name());
    gradients.computeIfAbsent(layer.name(), key -> new ArrayList<>()).addAll(rows(gradient));
  }

  @Override
  public long bytesOfAllBlocks() {
    return bytesOfAllBlocks;
  }

  @Override
  public void blockDone(int block) {
    calls.add("done " + block);
  }

  /** {@code sum_t g_t a_t^T}, row by row: the gradient of the layer's weight. */
  double[] weightGradient(LinearShape layer) {
    double[] sum = new double[layer.outputs() * layer.inputs()];
    List<double[]> a = inputs.get(layer.inputGroup());
    List<double[]> g = gradients.get(layer.name());
    for (int t = 0; t < g.size(); t++) {
      for (int i = 0; i < layer.outputs(); i++) {
        for (int j = 0; j < layer.inputs(); j++) {
          sum[i * layer.inputs() + j] += g.get(t)[i] * a.get(t)[j];
        }
      }
    }
    return sum;
  }

  private List<double[]> rows(Tensor x) {
    List<double[]> rows = new ArrayList<>();
    for (int row = 0; row < x.rows(); row++) {
      rows.add(device.values(x.rowRange(row, row + 1)));
    }
    return rows;
  }
}
