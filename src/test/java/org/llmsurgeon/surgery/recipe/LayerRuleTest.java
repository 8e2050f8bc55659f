package org.llmsurgeon.surgery.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pruning.structure.Unit;
import org.llmsurgeon.pruning.structure.Units;
import org.llmsurgeon.surgery.catalog.LayerPattern;
import org.llmsurgeon.surgery.catalog.TargetQuantity;
import org.llmsurgeon.surgery.choose.Reachability;
import org.llmsurgeon.surgery.choose.UnitPlan;

class LayerRuleTest {
  private static final List<LinearShape> LAYERS = TinyModels.llama().linears();

  private static LayerRule rule(String option, Object value) {
    return Recipe.of(Map.of(option, value)).layers();
  }

  @ParameterizedTest
  @CsvSource({
    "q_proj, model.layers.0.self_attn.q_proj, true",
    "mlp, model.layers.0.mlp.up_proj, true",
    "layers.1, model.layers.1.mlp.up_proj, true",
    "layers.1, model.layers.11.mlp.up_proj, false",
    "layers.[0-3], model.layers.2.mlp.up_proj, true",
    "layers.[0-3], model.layers.4.mlp.up_proj, false",
    "layers.?, model.layers.12.mlp.up_proj, false",
    "layers.*.up_proj, model.layers.12.mlp.up_proj, true",
    "*k_proj, model.layers.1.self_attn.k_proj, true",
    "proj, model.layers.1.self_attn.k_proj, false",
    "model.layers.0.self_attn.q_proj, model.layers.0.self_attn.q_proj, true",
    "a+b, model.aab, false"
  })
  void aPatternNamesWholePartsOfAName(String pattern, String layer, boolean matches) {
    assertThat(new LayerPattern(pattern).matches(layer)).isEqualTo(matches);
  }

  @Test
  void whatIsNotIncludedOrIsExcludedStaysAndTheSmallestLimitCounts() {
    LayerRule rule =
        Recipe.of(
                Map.of(
                    "include", "self_attn,down_proj",
                    "exclude", List.of("layers.1", "k_proj"),
                    "limit", "self_attn=0.5,q_proj=0.25,o_proj=0.75"))
            .layers();
    for (LinearShape layer : LAYERS) {
      boolean touched =
          layer.block() != 1
              && layer.role() != LinearRole.KEY
              && layer.role() != LinearRole.UP
              && layer.role() != LinearRole.GATE;
      double share =
          layer.role() == LinearRole.DOWN ? 1 : layer.role() == LinearRole.QUERY ? 0.25 : 0.5;
      assertThat(rule.touches(layer)).as(layer.name()).isEqualTo(touched);
      assertThat(rule.most(layer)).isEqualTo(touched ? (long) (share * layer.weights()) : 0);
    }
    Recipe recipe = Recipe.of(Map.of("exclude", "k_proj", "limit", "q_proj=0.25"));
    assertThat(Recipe.of(recipe.options())).isEqualTo(recipe);
  }

  @Test
  void aSparsityIsAShareOfTheWeightsThatMayBeTouched() {
    LayerRule rule = rule("include", "mlp");
    long all = LAYERS.stream().mapToLong(LinearShape::weights).sum();
    TargetShare target = new TargetShare(TinyModels.llama(), name -> 4);
    double share = target.of(new Recipe.Goal(0.5, TargetQuantity.WEIGHTS), rule);
    assertThat(share * all).isCloseTo(0.5 * rule.touched(LAYERS), within(1e-9));
    assertThat(rule.ofTouched(share, LAYERS)).isEqualTo(0.5);
    double ofParameters = target.of(new Recipe.Goal(0.1, TargetQuantity.PARAMETERS), rule);
    assertThat(ofParameters)
        .isCloseTo(
            target.of(new Recipe.Goal(0.1, TargetQuantity.PARAMETERS), LayerRule.DEFAULT),
            within(1e-12));
  }

  @Test
  void aUnitGoesOnlyWhereAllItsLayersMay() {
    ModelConfig config = TinyModels.llama();
    LayerRule rule = rule("exclude", "v_proj,layers.0.mlp.gate_proj");
    for (UnitPlan.Planned each : new UnitPlan(config, Units.DEFAULT.kinds(), rule).groups()) {
      assertThat(each.group().units()).isNotEmpty();
      for (Unit unit : each.group().units()) {
        for (Unit.Way way : unit.ways()) {
          assertThat(rule.touches(each.shapes().get(way.compensated().layer()))).isTrue();
          way.free()
              .forEach(part -> assertThat(rule.touches(each.shapes().get(part.layer()))).isTrue());
        }
      }
    }
  }

  @Test
  void whatNamesNothingOrCannotBeIsRefused() {
    ModelConfig config = TinyModels.llama();
    for (String option : List.of("include", "exclude")) {
      assertThatThrownBy(() -> rule(option, "lm_head").check(config.linears()))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("--" + option + " 'lm_head' names none");
    }
    assertThatThrownBy(() -> rule("exclude", "layers").check(config.linears()))
        .isInstanceOf(InputException.class)
        .hasMessage("No layer that may be pruned is left by --exclude; leave one.");
    assertThatThrownBy(() -> LayerRule.DEFAULT.check(List.of()))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("The layers of the model have no weights left");
    refuses(Map.of("limit", "q_proj"), "q_proj=0.3");
    refuses(Map.of("limit", "q_proj=1.5"), "q_proj=1.5");
    refuses(Map.of("include", "layers.[0"), "layers.[0");
    refuses(Map.of("threshold", "local"), "global, layer");
    refuses(Map.of("threshold", "layer", "limit", "q_proj=0.5"), "--limit");
  }

  @ParameterizedTest
  @CsvSource({
    "units, limit, layers=0.3, 0.31",
    "'row,column', limit, layers=0.3, 0.31",
    "element, limit, layers=0.3, 0.31",
    "1:2, limit, layers=0.3, 0.31",
    "units, units, query-key, 0.5"
  })
  void moreThanMayGoIsRefused(String structures, String option, String value, double sparsity) {
    Map<String, Object> options =
        Map.of("structures", structures, option, value, "sparsity", sparsity);
    ModelConfig config = TinyModels.llama();
    Reachability reach = new Reachability(config, Recipe.of(options));
    assertThatThrownBy(() -> reach.require(sparsity))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("cannot be reached");
    new Reachability(config, Recipe.of(options)).require(0.01);
  }

  @Test
  void aGroupThatCannotReachTheSparsityOnItsOwnIsNamed() {
    Recipe recipe = Recipe.of(Map.of("threshold", "layer", "units", "neuron", "sparsity", 0.3));
    assertThatThrownBy(() -> new Reachability(TinyModels.llama(), recipe).require(0.3))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("block 0 attention");
  }

  private static void refuses(Map<String, ?> options, String named) {
    assertThatThrownBy(() -> Recipe.of(options))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(named);
  }
}
