package org.llmsurgeon.surgery;

import java.util.Map;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;

/** Weights of which some are 0 in every linear layer. */
public record MaskedWeights(WeightSource weights, ModelConfig config, Mask mask)
    implements WeightSource {
  /** Which weights are gone. */
  public interface Mask {
    boolean gone(int row, int column);
  }

  /** Rows and columns, single weights, and two of each four inputs. */
  public static final Map<String, Mask> MASKS =
      Map.of(
          "rows and columns", (row, column) -> row % 4 == 1 || column == 3 || column == 4,
          "elements", (row, column) -> (5 * row + 3 * column) % 7 < 3,
          "2:4", (row, column) -> (row + column / 4) % 2 == column % 2,
          "nothing", (row, column) -> false);

  @Override
  public boolean contains(String name) {
    return weights.contains(name);
  }

  @Override
  public int[] shape(String name) {
    return weights.shape(name);
  }

  @Override
  public Tensor load(String name, Device device) {
    Tensor all = weights.load(name, device);
    if (config.linears().stream().map(LinearShape::weightName).noneMatch(name::equals)) {
      return all;
    }
    double[] values = device.values(all);
    for (int i = 0; i < values.length; i++) {
      if (mask.gone(i / all.columns(), i % all.columns())) {
        values[i] = 0;
      }
    }
    device.upload(values, 0, all, 0, values.length);
    return all;
  }
}
