package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.structure.Patterns;
import org.llmsurgeon.pruning.structure.SparseStructures;
import org.llmsurgeon.pruning.structure.WeightCount;
import org.llmsurgeon.surgery.choose.AlreadyGone;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.operate.LayerWeight;
import org.llmsurgeon.surgery.recipe.ElementCandidates;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.recipe.TargetShare;

/**
 * What must hold of any run, over random structures, presets, targets, schedules, stops, limits and
 * models: counts are exact and never above the target or a limit, zeros stay zeros, the last target
 * is the goal, and a second run gives the same bytes. Nothing but a refusal may stop one.
 */
class RandomRunsTest {
  private final Device device = new ReferenceDevice();
  private int finished;

  @Test
  void someRunsKeepTheirPromises() {
    for (int seed = 0; seed < 120; seed++) {
      check(seed);
    }
    assertThat(finished).isGreaterThan(45);
  }

  @Test
  @Tag("long")
  void threeThousandRunsKeepTheirPromises() {
    for (int seed = 1000; finished < 3000; seed++) {
      check(seed);
    }
  }

  private void check(int seed) {
    Random random = new Random(seed);
    ModelConfig config = random.nextBoolean() ? TinyModels.opt() : TinyModels.llama();
    Map<String, Object> options = options(random);
    WeightSource weights = TinyModels.weights(config, seed);
    if (random.nextInt(4) == 0) {
      int kind = random.nextInt(3);
      int modulus = 5 + random.nextInt(20);
      weights =
          new MaskedWeights(
              weights,
              config,
              (row, column) ->
                  (kind == 0 ? row : kind == 1 ? column : 3 * row + 5 * column) % modulus == 1);
    }
    String name = "seed " + seed + ": " + options;
    try {
      Recipe recipe = Recipe.of(options);
      double[] first = run(name, config, weights, recipe);
      if (seed % 3 == 0) {
        assertThat(run(name, config, weights, recipe)).as(name).isEqualTo(first);
      }
      finished++;
    } catch (InputException refused) {
      assertThat(refused.getMessage()).as(name).endsWith(".").doesNotContain("\n");
    }
  }

  private static Map<String, Object> options(Random random) {
    Map<String, Object> options = new HashMap<>();
    options.put("sparsity", (1 + random.nextInt(99)) / 100.0);
    options.put("shots", 1 + random.nextInt(4));
    if (random.nextInt(3) == 0) {
      options.put("preset", pick(random, "paper", "best", "loadable", "hardware"));
      if ("hardware".equals(options.get("preset"))) {
        options.put("round-to", 1 + random.nextInt(4));
      }
    } else {
      options.put(
          "structures",
          pick(random, "row", "column", "row,column", "units", "element", "2:4", "1:2", "3:4"));
    }
    if ("units".equals(options.get("structures")) && random.nextBoolean()) {
      options.put("units", pick(random, "neuron", "head,neuron", "value,query-key", "residual"));
      options.put("selection", pick(random, "paths", "rounds", "single"));
    }
    sometimes(random, 3, options, "schedule", pick(random, "linear", "cosine", "cubic"));
    sometimes(random, 4, options, "save-at", (1 + random.nextInt(40)) / 100.0);
    sometimes(random, 4, options, "threshold", "layer");
    sometimes(random, 4, options, "limit", pick(random, "q_proj=0.3", "*=0.67", "v_proj=0.29"));
    sometimes(random, 5, options, "exclude", pick(random, "layers.0", "k_proj", "out_proj"));
    sometimes(random, 6, options, "target-of", pick(random, "parameters", "multiply-adds"));
    sometimes(random, 5, options, "update", pick(random, "none", "independent", "additive"));
    sometimes(random, 6, options, "diagonal", true);
    sometimes(random, 8, options, "tensor-parallel", 2);
    sometimes(random, 8, options, "one-width", true);
    sometimes(random, 8, options, "curvature", pick(random, "identity", "activations", "ekfac"));
    sometimes(random, 8, options, "keep-bias", true);
    return options;
  }

  private static void sometimes(
      Random random, int in, Map<String, Object> options, String name, Object value) {
    if (random.nextInt(in) == 0) {
      options.put(name, value);
    }
  }

  private static String pick(Random random, String... values) {
    return values[random.nextInt(values.length)];
  }

  /** Runs all shots and checks each; returns the weights. */
  private double[] run(String name, ModelConfig config, WeightSource weights, Recipe recipe) {
    double share =
        new TargetShare(config, tensor -> Float.BYTES).of(recipe.goal(), recipe.layers());
    boolean sparse = recipe.structures() instanceof SparseStructures;
    List<double[]> before = weights(config, weights);
    AlreadyGone gone = new AlreadyGone(config, recipe);
    long already =
        config.linears().stream().mapToLong(each -> gone.of(device, weights, each)).sum();
    boolean dense = before.stream().flatMapToDouble(Arrays::stream).noneMatch(each -> each == 0);
    try (LocalSurgeon surgeon = new LocalSurgeon(device, config, weights, recipe)) {
      LocalSurgeon.Shot shot = null;
      for (int i = 1; i <= recipe.shots(); i++) {
        shot = surgeon.shoot(TinyModels.windows(config, 2, 8, 1));
        List<double[]> now = weights(config, surgeon);
        assertZerosStay(name, before, now);
        long removed = shot.choice().removed();
        long allowed = WeightCount.atMost(shot.target(), shot.choice().total());
        long counted = sparse ? zerosOfCandidates(config, recipe, now) : lines(config, recipe, now);
        // With zeros in it, a row can be all zero without having been chosen.
        assertThat(counted).as(name).isGreaterThanOrEqualTo(removed);
        if (dense || sparse) {
          assertThat(counted).as(name).isEqualTo(removed);
        }
        // Zeros come on top in groups that stay, and where a layer had more than its own part.
        boolean apart = recipe.layers().alone() || !recipe.layers().limits().isEmpty();
        if (dense || !apart && !(recipe.structures() instanceof Patterns)) {
          assertThat(removed).as(name).isLessThanOrEqualTo(Math.max(allowed, already));
        }
        if (dense) {
          assertLimits(name, config, recipe, now);
        }
        already = Math.max(already, counted);
        before = now;
      }
      assertThat(shot.target()).as(name).isEqualTo(share);
      return before.stream().flatMapToDouble(Arrays::stream).toArray();
    }
  }

  private List<double[]> weights(ModelConfig config, WeightSource source) {
    List<double[]> all = new ArrayList<>();
    for (LinearShape layer : config.linears()) {
      try (LayerWeight weight = LayerWeight.load(device, layer, source);
          Tensor augmented = weight.augmented(device)) {
        all.add(device.values(augmented));
      }
    }
    return all;
  }

  private static void assertZerosStay(String name, List<double[]> before, List<double[]> now) {
    for (int layer = 0; layer < before.size(); layer++) {
      for (int i = 0; i < before.get(layer).length; i++) {
        if (before.get(layer)[i] == 0 && now.get(layer)[i] != 0) {
          throw new AssertionError(name + ": a zero of layer " + layer + " has come back");
        }
      }
    }
  }

  private static long zerosOfCandidates(ModelConfig config, Recipe recipe, List<double[]> weights) {
    long zeros = 0;
    for (int i = 0; i < weights.size(); i++) {
      LinearShape layer = config.linears().get(i);
      int columns =
          ElementCandidates.has(layer, recipe) ? ElementCandidates.columns(layer, recipe) : 0;
      for (int at = 0; at < weights.get(i).length; at++) {
        boolean candidate = at % layer.augmentedInputs() < columns;
        zeros += candidate && weights.get(i)[at] == 0 ? 1 : 0;
      }
    }
    return zeros;
  }

  /** Weights in rows and columns of zeros, of the layers that may be pruned. */
  private static long lines(ModelConfig config, Recipe recipe, List<double[]> weights) {
    long count = 0;
    for (int i = 0; i < weights.size(); i++) {
      LinearShape layer = config.linears().get(i);
      count += recipe.layers().touches(layer) ? gone(layer, weights.get(i), false) : 0;
    }
    return count;
  }

  private static long gone(LinearShape layer, double[] weight, boolean single) {
    int width = layer.augmentedInputs();
    boolean[] row = new boolean[layer.outputs()];
    boolean[] column = new boolean[width];
    for (int i = 0; i < weight.length; i++) {
      row[i / width] |= weight[i] != 0;
      column[i % width] |= weight[i] != 0;
    }
    long gone = 0;
    for (int i = 0; i < weight.length; i++) {
      boolean counts = single ? weight[i] == 0 : !row[i / width] || !column[i % width];
      gone += counts ? 1 : 0;
    }
    return gone;
  }

  private static void assertLimits(
      String name, ModelConfig config, Recipe recipe, List<double[]> now) {
    for (int i = 0; i < now.size(); i++) {
      LinearShape layer = config.linears().get(i);
      assertThat(gone(layer, now.get(i), true))
          .as("%s, %s", name, layer.name())
          .isLessThanOrEqualTo(recipe.layers().most(layer));
    }
  }
}
