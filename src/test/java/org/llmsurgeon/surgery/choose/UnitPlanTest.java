package org.llmsurgeon.surgery.choose;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pruning.structure.Line;
import org.llmsurgeon.pruning.structure.Unit;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.surgery.recipe.LayerRule;

/** Units of whole models: what they take, and that free rows are free. */
class UnitPlanTest {
  private static final Set<UnitKind> ALL = EnumSet.allOf(UnitKind.class);

  @Test
  void everyBlockHasAnAttentionAndAnMlp() {
    ModelConfig config = TinyModels.llama();
    List<UnitPlan.Planned> groups = new UnitPlan(config, ALL, LayerRule.DEFAULT).groups();
    assertThat(groups).hasSize(2 * config.blockCount());
    long weights = groups.stream().mapToLong(each -> each.group().weights()).sum();
    assertThat(weights)
        .isEqualTo(config.linears().stream().mapToLong(shape -> shape.weights()).sum());
  }

  @Test
  void blocksOfOneShapeShareTheirUnits() {
    List<UnitPlan.Planned> groups =
        new UnitPlan(TinyModels.llama(), ALL, LayerRule.DEFAULT).groups();
    for (int i = 2; i < groups.size(); i++) {
      assertThat(groups.get(i).group().units()).isSameAs(groups.get(i - 2).group().units());
    }
  }

  @Test
  void unitsOfAllKindsTogetherTakeEveryWeightOfALlama() {
    assertEverythingCanGo(TinyModels.llama());
  }

  @Test
  void unitsOfAllKindsTogetherTakeEveryWeightOfAnOpt() {
    assertEverythingCanGo(TinyModels.opt());
  }

  /** The bias of a layer at the residual stream's end goes with the rows. */
  private static void assertEverythingCanGo(ModelConfig config) {
    for (UnitPlan.Planned planned : new UnitPlan(config, ALL, LayerRule.DEFAULT).groups()) {
      for (int layer = 0; layer < planned.shapes().size(); layer++) {
        BitSet rows = new BitSet();
        BitSet columns = new BitSet();
        for (Unit unit : planned.group().units()) {
          Unit.Way way = unit.ways().get(0);
          mark(way.compensated(), layer, rows, columns);
          for (Unit.Part part : way.free()) {
            mark(part, layer, rows, columns);
          }
        }
        int outputs = planned.shapes().get(layer).outputs();
        int inputs = planned.shapes().get(layer).augmentedInputs();
        assertThat(rows.cardinality() == outputs || columns.cardinality() == inputs).isTrue();
        assertThat(rows.length()).isLessThanOrEqualTo(outputs);
        assertThat(columns.length()).isLessThanOrEqualTo(inputs);
      }
    }
  }

  private static void mark(Unit.Part part, int layer, BitSet rows, BitSet columns) {
    if (part.layer() == layer) {
      Arrays.stream(part.indices()).forEach((part.line() == Line.ROW ? rows : columns)::set);
    }
  }

  @Test
  void freeRowsDoNotChangeTheModelOnceTheirReadersAreGone() {
    for (ModelConfig config : List.of(TinyModels.llama(), TinyModels.opt())) {
      for (UnitPlan.Planned planned : new UnitPlan(config, ALL, LayerRule.DEFAULT).groups()) {
        for (UnitKind kind : ALL) {
          planned.group().units().stream()
              .filter(unit -> unit.kind() == kind)
              .findFirst()
              .ifPresent(unit -> assertFree(config, planned, unit));
        }
      }
    }
  }

  /** Zeroing the compensated part alone, or the whole unit, gives the same losses. */
  private static void assertFree(ModelConfig config, UnitPlan.Planned planned, Unit unit) {
    int[][] windows = TinyModels.windows(config, 2, 6, 5);
    for (Unit.Way way : unit.ways()) {
      try (ReferenceDevice device = new ReferenceDevice();
          LanguageModel model =
              LanguageModel.load(config, TinyModels.weights(config, 3).writable(), device)) {
        zero(model, planned, way.compensated());
        double[] compensated = model.losses(windows);
        way.free().forEach(part -> zero(model, planned, part));
        assertThat(model.losses(windows))
            .as("%s %s", planned.group().name(), unit.kind())
            .containsExactly(compensated);
      }
    }
  }

  private static void zero(LanguageModel model, UnitPlan.Planned planned, Unit.Part part) {
    var shape = planned.shapes().get(part.layer());
    Tensor weight = model.weight(shape.weightName());
    for (int index : part.indices()) {
      boolean biasColumn = part.line() == Line.COLUMN && index == shape.inputs();
      if (part.line() == Line.ROW) {
        model.device().scale(0, weight.rowRange(index, index + 1));
      } else if (!biasColumn) {
        try (Tensor zeros = model.device().zeros(weight.precision(), weight.rows(), 1)) {
          model.device().scatter(zeros, null, new int[] {index}, weight);
        }
      }
      if (shape.bias() && (part.line() == Line.ROW || biasColumn)) {
        Tensor bias = model.weight(shape.biasName());
        model
            .device()
            .scale(
                0, biasColumn ? bias : bias.reshape(bias.columns(), 1).rowRange(index, index + 1));
      }
    }
  }
}
