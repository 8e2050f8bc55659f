package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.shot.Removal;

@DisplayName("A network whose blocks differ in size")
class BlockSizesTest {
  private final Device device = new ReferenceDevice();

  private static ModelConfig model(String name) {
    return name.equals("llama") ? TinyModels.llama() : TinyModels.opt();
  }

  /** The lines of each tensor that a smaller network keeps; absent where it keeps all. */
  private record Smaller(
      WeightSource masked, ModelConfig config, Map<String, int[]> rows, Map<String, int[]> columns)
      implements WeightSource {
    @Override
    public boolean contains(String name) {
      return LanguageModel.tensors(config).containsKey(name);
    }

    @Override
    public int[] shape(String name) {
      return LanguageModel.tensors(config).get(name).clone();
    }

    @Override
    public Tensor load(String name, Device device) {
      try (Tensor whole = masked.load(name, device)) {
        double[] values = device.values(whole);
        addBiasOfAbsent(name, values, device);
        int width = whole.columns();
        boolean vector = masked.shape(name).length == 1;
        int[] up = vector ? null : rows.get(name);
        int[] across = vector ? rows.get(name) : columns.get(name);
        int[] r = up == null ? IntStream.range(0, whole.rows()).toArray() : up;
        int[] c = across == null ? IntStream.range(0, width).toArray() : across;
        double[] kept =
            Arrays.stream(r)
                .boxed()
                .flatMapToDouble(i -> Arrays.stream(c).mapToDouble(j -> values[i * width + j]))
                .toArray();
        return device.tensor(whole.precision(), r.length, c.length, kept);
      }
    }

    /** What a feed-forward adds of which only the bias is left, the attention before it can add. */
    private void addBiasOfAbsent(String name, double[] values, Device device) {
      for (int block = 0; block < config.blockCount(); block++) {
        LinearShape output = config.linears(block).get(3);
        if (output.biasName().equals(name) && !config.blocks().get(block).hasFeedForward()) {
          String down = config.blockName(block) + ".fc2.bias";
          try (Tensor bias = masked.load(down, device)) {
            double[] added = device.values(bias);
            Arrays.setAll(values, i -> values[i] + added[i]);
          }
        }
      }
    }
  }

  /** Takes the heads and neurons out whose column of the last layer is zero. */
  private Smaller smaller(ModelConfig config, WeightSource masked) {
    Map<String, int[]> rows = new HashMap<>();
    Map<String, int[]> columns = new HashMap<>();
    List<BlockSize> blocks = new ArrayList<>();
    int width = config.headDimension();
    for (int block = 0; block < config.blockCount(); block++) {
      int perGroup = config.blocks().get(block).headsPerGroup();
      LinearShape output = config.linear(block, LinearRole.OUTPUT);
      LinearShape down = config.linear(block, LinearRole.DOWN);
      int[] context = kept(masked, output);
      int[] neurons = kept(masked, down);
      int[] keys =
          Arrays.stream(context)
              .filter(each -> each / width % perGroup == 0)
              .map(each -> each / width / perGroup * width + each % width)
              .toArray();
      columns.put(output.weightName(), context);
      columns.put(down.weightName(), neurons);
      for (LinearShape shape : config.linears(block)) {
        int[] own =
            switch (shape.role()) {
              case QUERY -> context;
              case KEY, VALUE -> keys;
              case GATE, UP -> neurons;
              default -> null;
            };
        if (own != null) {
          rows.put(shape.weightName(), own);
          rows.put(shape.biasName(), own);
        }
      }
      blocks.add(new BlockSize(context.length / width, keys.length / width, neurons.length));
    }
    return new Smaller(masked, TinyModels.sized(config, blocks), rows, columns);
  }

  private int[] kept(WeightSource masked, LinearShape last) {
    try (Tensor weight = masked.load(last.weightName(), device)) {
      double[] squares = device.columnDots(weight, weight);
      return IntStream.range(0, squares.length).filter(i -> squares[i] != 0).toArray();
    }
  }

  private double[] logits(ModelConfig config, WeightSource weights, int[] window) {
    try (LanguageModel model = LanguageModel.load(config, weights, device);
        Tensor logits = model.logits(window)) {
      return device.values(logits);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "opt"})
  void givesTheLogitsOfTheMaskedOneAndIsPrunedAgain(String name) {
    ModelConfig config = model(name);
    Recipe recipe = Recipe.of(Map.of("preset", "hardware", "sparsity", 0.45, "shots", 2));
    int[][] windows = TinyModels.windows(config, 6, 12, 2);
    WeightSource dense = TinyModels.weights(config, 8);
    try (LocalSurgeon surgeon = new LocalSurgeon(device, config, dense, recipe)) {
      surgeon.shoot(windows);
      surgeon.shoot(windows);
      Smaller smaller = smaller(config, surgeon);
      assertThat(smaller.config().blocks()).doesNotHaveDuplicates();
      double[] expected = logits(config, surgeon, windows[0]);
      assertThat(logits(smaller.config(), smaller, windows[0]))
          .containsExactly(expected, within(1e-6));
      for (String structures : List.of("units", "row,column", "element", "1:2")) {
        pruneAgain(smaller, structures, windows);
      }
    }
  }

  private void pruneAgain(Smaller smaller, String structures, int[][] windows) {
    double sparsity = structures.equals("1:2") ? 0.5 : 0.2;
    Map<String, Object> options = new HashMap<>(Map.of("structures", structures, "shots", 1));
    if (sparsity != 0.5) {
      options.put("sparsity", sparsity);
    }
    try (LocalSurgeon surgeon =
        new LocalSurgeon(device, smaller.config(), smaller, Recipe.of(options))) {
      LocalSurgeon.Shot shot = surgeon.shoot(windows);
      assertThat((double) shot.removal().removed() / shot.removal().total())
          .as(structures)
          .isBetween(0.6 * sparsity, sparsity);
      double[] logits = logits(smaller.config(), surgeon, windows[0]);
      assertThat(Arrays.stream(logits).allMatch(Double::isFinite)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "opt"})
  void mayLackAPartOrAWholeBlock(String name) {
    ModelConfig whole = model(name);
    int heads = whole.heads();
    for (List<BlockSize> blocks :
        List.of(
            List.of(new BlockSize(0, 0, 5), new BlockSize(heads, whole.keyValueHeads(), 0)),
            List.of(new BlockSize(0, 0, 0), new BlockSize(heads, whole.keyValueHeads(), 6)))) {
      ModelConfig config = TinyModels.sized(whole, blocks);
      int[][] windows = TinyModels.windows(config, 6, 12, 2);
      WeightSource weights = TinyModels.weights(config, 8);
      Recipe recipe = Recipe.of(Map.of("sparsity", 0.3, "shots", 1));
      try (LocalSurgeon surgeon = new LocalSurgeon(device, config, weights, recipe)) {
        Removal removal = surgeon.shoot(windows).removal();
        assertThat(removal.sparsity()).isBetween(0.2, 0.3);
      }
    }
  }
}
