package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.Choice;
import org.llmsurgeon.SharedData;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.pruning.layer.StructureCosts;
import org.llmsurgeon.surgery.calibrate.Calibration;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.calibrate.ShardFactors;
import org.llmsurgeon.surgery.local.LocalFactors;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.operate.LayerWeight;
import org.llmsurgeon.surgery.recipe.CurvatureRule;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Everything up to one shot, and whole paths, against the authors' program on real models. */
@Tag(SharedData.TAG)
class GoldenTest {
  /** The models with factors and weights. */
  enum Model {
    STORIES,
    OPT_CHAR;

    GoldenCase open() throws IOException {
      CpuDevice device = CpuDevice.create();
      return this == STORIES ? GoldenCase.stories(device) : GoldenCase.optChar(device);
    }
  }

  @ParameterizedTest
  @EnumSource(Model.class)
  void densePerplexityIsTheAuthors(Model which) throws IOException {
    try (GoldenCase golden = which.open();
        LanguageModel model = LanguageModel.load(golden.config, golden.source(), golden.device)) {
      double expected = golden.expected.path("dense_perplexity").asDouble();
      double perplexity = Objective.NEXT_TOKEN.score(model.losses(golden.test));
      assertThat(perplexity).isCloseTo(expected, within(1e-4 * expected));
    }
  }

  @ParameterizedTest
  @EnumSource(Model.class)
  void factorsAreTheAuthors(Model which) throws IOException {
    try (GoldenCase golden = which.open();
        Safetensors expected = golden.golden("factors.safetensors");
        TensorScope scope = new TensorScope(golden.device);
        LanguageModel model = LanguageModel.load(golden.config, golden.source(), golden.device);
        ShardFactors shard =
            ShardFactors.of(
                model,
                FactorPlan.passes(CurvatureRule.DEFAULT).get(0),
                FactorSource.NONE,
                new Calibration.Data(golden.calibration))) {
      for (LinearShape layer : golden.config.linears()) {
        KroneckerFactors factors = balanced(scope, layer, shard);
        assertRelative(
            layer.name() + ".A",
            golden.device.values(factors.a()),
            golden.values(expected, layer.name() + ".A"),
            1e-4);
        assertRelative(
            layer.name() + ".G",
            golden.device.values(factors.g()),
            golden.values(expected, layer.name() + ".G"),
            1e-4);
      }
    }
  }

  private static KroneckerFactors balanced(
      TensorScope scope, LinearShape layer, ShardFactors shard) {
    List<ShardFactors> shards = List.of(shard);
    KroneckerFactors raw =
        new KroneckerFactors(
            scope.own(LocalFactors.reduce(FactorPlan.a(layer), shards, scope.device())),
            scope.own(LocalFactors.reduce(FactorPlan.g(layer), shards, scope.device())),
            shard.tokens());
    KroneckerFactors balanced = raw.balanced(scope.device());
    scope.own(balanced.a());
    scope.own(balanced.g());
    return balanced;
  }

  static Stream<Arguments> costFiles() {
    return Stream.of(Model.values())
        .flatMap(model -> Stream.of(CostKind.values()).map(kind -> Arguments.of(model, kind)));
  }

  @ParameterizedTest
  @MethodSource("costFiles")
  void costsAreTheAuthors(Model which, CostKind kind) throws IOException {
    try (GoldenCase golden = which.open();
        Safetensors factors = golden.golden("factors.safetensors");
        Safetensors expected = golden.golden("costs_" + Choice.name(kind) + ".safetensors")) {
      for (LinearShape layer : golden.config.linears()) {
        StructureCosts costs = costs(golden, layer, factors, kind);
        assertElements(
            layer.name() + ".row", costs.rows(), golden.values(expected, layer.name() + ".row"));
        assertElements(
            layer.name() + ".column",
            costs.columns(),
            golden.values(expected, layer.name() + ".column"));
      }
    }
  }

  private static StructureCosts costs(
      GoldenCase golden, LinearShape layer, Safetensors factors, CostKind kind) {
    try (TensorScope scope = new TensorScope(golden.device);
        LayerWeight weight = LayerWeight.load(golden.device, layer, golden.source())) {
      Tensor all = scope.own(weight.augmented(golden.device));
      KroneckerFactors given =
          new KroneckerFactors(
              exact(scope, factors, layer.name() + ".A"),
              exact(scope, factors, layer.name() + ".G"),
              1);
      try (LayerSurgery surgery =
          new LayerSurgery(golden.device, layer.name(), all, given, Recipe.defaults().damping())) {
        return surgery.costs(kind);
      }
    }
  }

  private static Tensor exact(TensorScope scope, Safetensors file, String name) {
    try (Tensor single = file.load(name, scope.device())) {
      Tensor exact = scope.empty(Precision.DOUBLE, single.rows(), single.columns());
      scope.device().copy(single, exact);
      return exact;
    }
  }

  static Stream<Arguments> oneShots() {
    return Stream.of(Model.values())
        .flatMap(
            model -> Stream.of("joint", "additive").map(update -> Arguments.of(model, update)));
  }

  @ParameterizedTest
  @MethodSource("oneShots")
  void oneShotIsTheAuthors(Model which, String update) throws IOException {
    try (GoldenCase golden = which.open();
        Safetensors expected = golden.golden("weights_row_column_10_" + update + ".safetensors");
        LocalSurgeon surgeon =
            surgeon(golden, Map.of("sparsity", 0.1, "shots", 1, "update", update))) {
      LocalSurgeon.Shot shot = surgeon.shoot(golden.calibration);
      JsonNode run = golden.run("row_column_10_" + update);
      assertThat(shot.removal().removed()).isEqualTo(run.path("zero_weights").asLong());
      for (LinearShape layer : golden.config.linears()) {
        assertSameRemoved(golden, surgeon, expected, layer.weightName());
      }
      double perplexity = Objective.NEXT_TOKEN.score(surgeon.losses(golden.test));
      double right = run.path("perplexity").asDouble();
      assertThat(perplexity).isCloseTo(right, within(0.005 * right));
    }
  }

  private static void assertSameRemoved(
      GoldenCase golden, LocalSurgeon surgeon, Safetensors expected, String name) {
    try (Tensor weight = surgeon.load(name, golden.device)) {
      double[] actual = golden.device.values(weight);
      double[] right = golden.values(expected, name);
      for (int i = 0; i < right.length; i++) {
        assertThat(actual[i] == 0).as("%s[%d] is removed", name, i).isEqualTo(right[i] == 0);
      }
      assertRelative(name, actual, right, 1e-3);
    }
  }

  static Stream<Arguments> paths() {
    return Stream.of(
        Arguments.of(Model.STORIES, "row_column_50_40shots", "additive", 0.5),
        Arguments.of(Model.OPT_CHAR, "row_column_50_40shots_joint", "joint", 0.3));
  }

  static Stream<Arguments> otherPaths() {
    return Stream.of(
        Arguments.of(Model.STORIES, "row_column_50_40shots_joint", "joint", 0.3),
        Arguments.of(Model.OPT_CHAR, "row_column_50_40shots", "additive", 0.5));
  }

  @Tag("long")
  @ParameterizedTest
  @MethodSource("otherPaths")
  void theOtherFortyShotsDoToo(Model which, String name, String update, double until)
      throws IOException {
    fortyShotsFollowTheAuthors(which, name, update, until);
  }

  @ParameterizedTest
  @MethodSource("paths")
  void fortyShotsFollowTheAuthors(Model which, String name, String update, double until)
      throws IOException {
    try (GoldenCase golden = which.open();
        LocalSurgeon surgeon = surgeon(golden, Map.of("update", update))) {
      int done = 0;
      for (JsonNode point : golden.run(name).path("path")) {
        if (point.path("target").asDouble() > until + 1e-9) {
          return;
        }
        LocalSurgeon.Shot shot = null;
        while (done < point.path("shot").asInt()) {
          shot = surgeon.shoot(golden.calibration);
          done++;
        }
        assertThat(shot.removal().removed())
            .isLessThanOrEqualTo((long) (shot.removal().target() * shot.removal().total()));
        double right = point.path("perplexity").asDouble();
        assertThat(Objective.NEXT_TOKEN.score(surgeon.losses(golden.test)))
            .as("%s after %d shots", name, done)
            .isCloseTo(right, within(0.02 * right));
      }
    }
  }

  private static LocalSurgeon surgeon(GoldenCase golden, Map<String, ?> options) {
    Map<String, Object> all = new HashMap<>(options);
    all.put("structures", "row,column");
    all.putIfAbsent("shots", 40);
    return new LocalSurgeon(golden.device, golden.config, golden.source(), Recipe.of(all));
  }

  private static void assertRelative(
      String what, double[] actual, double[] right, double tolerance) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < right.length; i++) {
      difference += (actual[i] - right[i]) * (actual[i] - right[i]);
      norm += right[i] * right[i];
    }
    assertThat(Math.sqrt(difference))
        .as("Frobenius distance of %s", what)
        .isLessThanOrEqualTo(tolerance * Math.sqrt(norm));
  }

  private static void assertElements(String what, double[] actual, double[] right) {
    assertThat(actual.length).isEqualTo(right.length);
    for (int i = 0; i < right.length; i++) {
      assertThat(actual[i]).as("%s[%d]", what, i).isCloseTo(right[i], within(1e-3 * right[i]));
    }
  }
}
