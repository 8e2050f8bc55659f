package org.llmsurgeon.surgery.choose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Which parts are measured, and which are held back. */
class TrustRegionTest {
  private static final ModelConfig CONFIG =
      Architectures.parse(TinyModels.llamaJson(), "config.json");

  private static TrustRegion.Step step(int part, long weights, long of) {
    return new TrustRegion.Step(
        new TrustRegion.Part("part " + part, List.of(part)), weights, of, 0.1);
  }

  @Test
  void partsAreLayersOrWhatIsCoupled() {
    Recipe elements = Recipe.of(Map.of("structures", "element", "exclude", "up_proj"));
    List<TrustRegion.Part> layers = TrustRegion.parts(CONFIG, elements);
    assertThat(layers)
        .hasSize(6 * CONFIG.blockCount())
        .noneMatch(part -> part.name().contains("up_proj"))
        .allMatch(part -> name(part.layers().get(0)).equals(part.name()));

    List<TrustRegion.Part> groups =
        TrustRegion.parts(CONFIG, Recipe.of(Map.of("structures", "units")));
    assertThat(groups).extracting(TrustRegion.Part::name).contains("block 1 attention");
    assertThat(groups.stream().flatMap(part -> part.layers().stream()).sorted())
        .containsExactlyElementsOf(IntStream.range(0, CONFIG.linears().size()).boxed().toList());
  }

  private static String name(int layer) {
    return CONFIG.linears().get(layer).name();
  }

  @Test
  void thoseThatLoseMoreThanTheWholeAreMeasuredTheFurthestFirst() {
    List<TrustRegion.Step> steps =
        List.of(step(0, 20, 100), step(1, 50, 100), step(2, 0, 100), step(3, 90, 100));
    assertThat(TrustRegion.furthest(steps))
        .extracting(each -> each.part().name())
        .containsExactly("part 3", "part 1");
    List<TrustRegion.Step> equal = IntStream.range(0, 100).mapToObj(i -> step(i, 10, 20)).toList();
    assertThat(TrustRegion.furthest(equal)).hasSize(32).startsWith(equal.get(0));
    assertThat(TrustRegion.furthest(List.of(step(0, 0, 10)))).isEmpty();
  }

  @Test
  void aPredictionHoldsWithinAFactorOfTwoOrWhereItHardlyMatters() {
    assertThat(TrustRegion.holds(0.1, 0.2, 1)).isTrue();
    assertThat(TrustRegion.holds(0.1, 0.21, 1)).isFalse();
    assertThat(TrustRegion.holds(0.01, 0.05, 1)).isTrue();
    assertThat(TrustRegion.holds(0.01, 0.05, 0.5)).isFalse();
    assertThat(TrustRegion.holds(0.1, -0.3, 1)).isTrue();
  }

  @Test
  void aHalfOfTheStepIsKeptInTheRecipesOwnTerms() {
    LinearShape layer = CONFIG.linears().get(0);
    double share = TrustRegion.halved(10, 31, layer.weights());
    assertThat(share * layer.weights()).isCloseTo(20, within(1e-9));
    Recipe recipe = Recipe.of(Map.of("structures", "element", "limit", "mlp=0.7"));
    Recipe within = recipe.within(Map.of(layer.name(), share));
    assertThat(within.layers().most(layer)).isEqualTo(20);
    for (LinearShape other : CONFIG.linears().subList(1, CONFIG.linears().size())) {
      assertThat(within.layers().most(other)).isEqualTo(recipe.layers().most(other));
    }
    assertThat(recipe.within(Map.of())).isEqualTo(recipe);
  }

  @Test
  void itIsRefusedWhereThereIsNothingToPredictOrHoldBack() {
    refused(Map.of("threshold", "layer"), "--threshold global");
    refused(Map.of("structures", "element", "curvature", "activations"), "--curvature kfac");
    refused(Map.of("one-width", true), "--one-width");
  }

  private static void refused(Map<String, Object> options, String reason) {
    Map<String, Object> all = new HashMap<>(options);
    all.put("trust-region", true);
    assertThatThrownBy(() -> Recipe.of(all))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--trust-region")
        .hasMessageContaining(reason);
  }
}
