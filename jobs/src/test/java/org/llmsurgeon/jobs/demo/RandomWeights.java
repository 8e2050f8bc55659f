package org.llmsurgeon.jobs.demo;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;

/**
 * Where training begins. Matrices are normal random numbers of the deviation {@code 1 /
 * sqrt(columns)}, which keeps the size of what flows through linear layers, and of the logits;
 * norms are 1, biases 0. For networks of a few blocks; deep ones need smaller residual branches.
 */
final class RandomWeights implements WeightSource {
  private final Map<String, int[]> shapes;
  private final Map<String, double[]> values = new LinkedHashMap<>();

  /**
   * @param config the network
   * @param seed the same seed gives the same weights
   */
  RandomWeights(ModelConfig config, long seed) {
    shapes = LanguageModel.tensors(config);
    Random random = new Random(seed);
    shapes.forEach((name, shape) -> values.put(name, draw(name, shape, random)));
  }

  private static double[] draw(String name, int[] shape, Random random) {
    int columns = shape[shape.length - 1];
    double[] drawn = new double[shape.length == 1 ? columns : shape[0] * columns];
    double deviation = 1 / Math.sqrt(columns);
    for (int i = 0; i < drawn.length; i++) {
      if (shape.length > 1) {
        drawn[i] = deviation * random.nextGaussian();
      } else {
        drawn[i] = name.endsWith(".weight") ? 1 : 0;
      }
    }
    return drawn;
  }

  @Override
  public boolean contains(String name) {
    return shapes.containsKey(name);
  }

  @Override
  public int[] shape(String name) {
    if (!contains(name)) {
      throw new IllegalArgumentException("no weight " + name);
    }
    return shapes.get(name).clone();
  }

  @Override
  public Tensor load(String name, Device device) {
    int[] shape = shape(name);
    int rows = shape.length == 1 ? 1 : shape[0];
    return device.tensor(Precision.SINGLE, rows, shape[shape.length - 1], values.get(name));
  }
}
