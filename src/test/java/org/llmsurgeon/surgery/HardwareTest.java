package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Whole runs whose layers must be left in widths that hardware and smaller folders can have. */
class HardwareTest {
  private final ModelConfig config =
      TinyModels.with(
          TinyModels.llamaJson(),
          """
          {"num_attention_heads": 12, "num_key_value_heads": 4, "head_dim": 2,
           "intermediate_size": 24, "num_hidden_layers": 3}
          """);

  /**
   * What is left of a block.
   *
   * @param neurons MLP neurons
   * @param heads query heads of each key/value head
   */
  private record Left(int neurons, int[] heads) {
    int allHeads() {
      return Arrays.stream(heads).sum();
    }

    int[] groups() {
      return Arrays.stream(heads).filter(each -> each > 0).toArray();
    }
  }

  private LocalSurgeon.Shot last;

  /** Runs all shots; the target is never passed. */
  private List<Left> prune(ModelConfig model, Map<String, ?> options) {
    Map<String, Object> all = new HashMap<>(options);
    all.putIfAbsent("preset", "hardware");
    Recipe recipe = Recipe.of(all);
    try (Device device = new ReferenceDevice();
        LocalSurgeon surgeon =
            new LocalSurgeon(device, model, TinyModels.weights(model, 8), recipe)) {
      for (int shot = 1; shot <= recipe.shots(); shot++) {
        last = surgeon.shoot(TinyModels.windows(model, 6, 12, 2));
        assertThat((double) last.removal().removed())
            .isLessThanOrEqualTo(last.removal().target() * last.removal().total());
      }
      List<Left> left = new ArrayList<>();
      for (int block = 0; block < model.blockCount(); block++) {
        int[] heads = new int[model.keyValueHeads()];
        int perGroup = model.heads() / model.keyValueHeads();
        boolean[] output = zeroColumns(surgeon, device, layer(model, block, LinearRole.OUTPUT));
        for (int head = 0; head < model.heads(); head++) {
          heads[head / perGroup] += output[head * model.headDimension()] ? 0 : 1;
        }
        boolean[] down = zeroColumns(surgeon, device, layer(model, block, LinearRole.DOWN));
        int neurons = (int) IntStream.range(0, down.length).filter(i -> !down[i]).count();
        left.add(new Left(neurons, heads));
      }
      return left;
    }
  }

  private static LinearShape layer(ModelConfig model, int block, LinearRole role) {
    return model.linears().stream()
        .filter(each -> each.block() == block && each.role() == role)
        .findFirst()
        .orElseThrow();
  }

  private static boolean[] zeroColumns(LocalSurgeon surgeon, Device device, LinearShape layer) {
    try (var weight = surgeon.load(layer.weightName(), device)) {
      double[] squares = device.columnDots(weight, weight);
      boolean[] zero = new boolean[squares.length];
      IntStream.range(0, zero.length).forEach(i -> zero[i] = squares[i] == 0);
      return zero;
    }
  }

  @ParameterizedTest
  @CsvSource({"paths,1", "paths,3", "rounds,2", "single,1"})
  void keyValueHeadsThatStayKeepEquallyManyQueryHeads(String selection, int shots) {
    for (double sparsity : new double[] {0.3, 0.55, 0.8}) {
      List<Left> left =
          prune(
              config,
              Map.of(
                  "preset",
                  "loadable",
                  "selection",
                  selection,
                  "sparsity",
                  sparsity,
                  "shots",
                  shots));
      for (Left block : left) {
        assertThat(Arrays.stream(block.groups()).distinct().count()).isLessThanOrEqualTo(1);
      }
      assertThat(left).anyMatch(block -> block.allHeads() < config.heads());
      assertThat(last.removal().removed())
          .isGreaterThan((long) ((sparsity - 0.05) * last.removal().total()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"paths", "rounds"})
  void setsOfHeadsKeepTheLimitsOfLayers(String selection) {
    List<Left> left =
        prune(
            config,
            Map.of(
                "preset",
                "loadable",
                "selection",
                selection,
                "limit",
                "o_proj=0.5",
                "sparsity",
                0.5,
                "shots",
                1));
    for (Left block : left) {
      assertThat(Arrays.stream(block.groups()).distinct().count()).isEqualTo(1);
      assertThat(block.allHeads()).isGreaterThanOrEqualTo(config.heads() / 2);
    }
    assertThat(left).anyMatch(block -> block.allHeads() < config.heads());
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void everyLayerSplitsIntoEqualParts(int parallel) {
    List<Left> left =
        prune(
            config,
            Map.of("tensor-parallel", parallel, "round-to", 2, "sparsity", 0.6, "shots", 2));
    for (Left block : left) {
      assertThat(block.neurons() % parallel).isZero();
      assertThat(block.allHeads() % parallel).isZero();
      assertThat(block.groups().length % parallel).isZero();
      assertThat(block.groups()).isNotEmpty();
      assertThat(Arrays.stream(block.groups()).distinct().count()).isEqualTo(1);
    }
    assertThat(left).anyMatch(block -> block.neurons() < 24);
  }

  @Test
  void aModelThatDoesNotSplitIsMadeTo() {
    ModelConfig odd =
        TinyModels.with(
            TinyModels.llamaJson(),
            """
            {"num_attention_heads": 6, "num_key_value_heads": 3, "head_dim": 2,
             "intermediate_size": 9}
            """);
    List<Left> left =
        prune(odd, Map.of("tensor-parallel", 2, "round-to", 1, "sparsity", 0.4, "shots", 4));
    for (Left block : left) {
      assertThat(block.neurons() % 2).isZero();
      assertThat(block.groups()).hasSize(2);
    }
    assertThatThrownBy(
            () -> prune(odd, Map.of("tensor-parallel", 2, "round-to", 1, "sparsity", 0.2)))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "--tensor-parallel 2 needs at least 0.2381 of the weights gone, since layers are to"
                + " split into equal parts; raise --sparsity, which lets 0.2000 of them go.");
    assertThatThrownBy(() -> prune(odd, Map.of("tensor-parallel", 4)))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "--tensor-parallel 4 cannot split block 0 attention, which has 6 heads of 3 key/value"
                + " heads, into equal parts with these --units, --round-to and --limit; give a"
                + " smaller number.");
  }

  /** Two key/value heads of three must stay, but k_proj may lose a tenth. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void whatLimitsForbidIsRefusedBeforeAnythingRuns(int shots) {
    ModelConfig odd =
        TinyModels.with(
            TinyModels.llamaJson(),
            """
            {"num_attention_heads": 6, "num_key_value_heads": 3, "head_dim": 2,
             "intermediate_size": 9}
            """);
    Map<String, Object> options =
        Map.of(
            "preset",
            "loadable",
            "tensor-parallel",
            2,
            "limit",
            "k_proj=0.1",
            "sparsity",
            0.35,
            "shots",
            shots);
    try (Device device = new ReferenceDevice()) {
      assertThatThrownBy(
              () -> new LocalSurgeon(device, odd, TinyModels.weights(odd, 8), Recipe.of(options)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("--tensor-parallel 2 cannot split block 0 attention")
          .hasMessageContaining("--limit");
    }
  }

  @Test
  void eachGroupOnItsOwnMustHaveTheRoom() {
    ModelConfig odd = TinyModels.with(TinyModels.llamaJson(), "{\"intermediate_size\": 39}");
    Map<String, Object> options =
        Map.of("preset", "loadable", "tensor-parallel", 2, "threshold", "layer", "sparsity", 0.02);
    assertThatThrownBy(() -> prune(odd, options))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "--tensor-parallel 2 needs at least 0.0257 of the weights of block 0 mlp gone, since"
                + " layers are to split into equal parts; raise --sparsity, which lets 0.0200 of"
                + " them go.");
  }

  @ParameterizedTest
  @CsvSource({"1,0.5", "5,0.5", "3,0.3"})
  void allLayersHaveOneWidth(int shots, double sparsity) {
    List<Left> left =
        prune(
            config, Map.of("one-width", true, "round-to", 2, "sparsity", sparsity, "shots", shots));
    for (Left block : left) {
      assertThat(block.neurons()).isEqualTo(left.get(0).neurons());
      assertThat(block.groups()).isEqualTo(left.get(0).groups());
      assertThat(block.neurons() % 2).isZero();
    }
    // A step of the MLPs is 2 neurons of 24 weights in 3 blocks, of 3072.
    assertThat(last.removal().removed())
        .isGreaterThan((long) (sparsity * last.removal().total()) - 2 * 24 * 3 - 1);
  }

  @Test
  void withoutSharedKeyValueHeadsHeadsHaveOneWidthToo() {
    ModelConfig plain =
        TinyModels.with(
            TinyModels.llamaJson(),
            """
            {"num_attention_heads": 4, "num_key_value_heads": 4, "head_dim": 2}
            """);
    List<Left> left =
        prune(plain, Map.of("one-width", true, "round-to", 1, "sparsity", 0.45, "shots", 2));
    assertThat(left.get(0).allHeads()).isEqualTo(left.get(1).allHeads());
    assertThat(left.get(0).neurons()).isEqualTo(left.get(1).neurons());
  }
}
