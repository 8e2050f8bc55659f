package org.llmsurgeon.surgery.choose;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.RotaryPositions;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.Line;
import org.llmsurgeon.pruning.structure.Unit;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.pruning.structure.Units;
import org.llmsurgeon.pruning.structure.WidthLayout;
import org.llmsurgeon.surgery.recipe.LayerRule;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * The coupled groups of a model and their units (method, section 5, ours): in each block the
 * attention, the MLP and each expert of a mixture, as far as it has them.
 */
public final class UnitPlan {
  private final ModelConfig config;
  private final Set<UnitKind> kinds;
  private final LayerRule rule;

  /** Blocks of equal shape share their units: a large model has millions. */
  private final Map<Kind, List<Unit>> made = new HashMap<>();

  /**
   * @param config the model
   * @param kinds which units compete
   * @param rule which layers may be touched; a unit competes if it touches no other
   */
  public UnitPlan(ModelConfig config, Set<UnitKind> kinds, LayerRule rule) {
    this.config = config;
    this.kinds = kinds;
    this.rule = rule;
  }

  /**
   * The plan of a recipe.
   *
   * @param config the model
   * @param recipe what to do; its structures are units
   */
  public static UnitPlan of(ModelConfig config, Recipe recipe) {
    return new UnitPlan(config, recipe.structures().units(), recipe.layers());
  }

  /**
   * A group and the shapes of its layers.
   *
   * @param group what pruning sees
   * @param shapes its layers, in the same order
   */
  public record Planned(CoupledGroup group, List<LinearShape> shapes) {
    /**
     * How many heads key/value groups can keep before whole groups go. Where all layers are to have
     * one width, each number of heads has a path of its own: else each layer would find its own
     * mixture of heads and groups, and hardly two the same.
     *
     * @param recipe what to do
     * @return from one on; none where the order of all units is one path
     */
    IntStream heads(Recipe recipe) {
      boolean both =
          group.widths().even()
              && recipe.structures().units().containsAll(List.of(UnitKind.HEAD, UnitKind.GROUP));
      return both && recipe.selection().widths().oneWidth()
          ? IntStream.rangeClosed(1, group.widths().perGroup())
          : IntStream.empty();
    }
  }

  /** What the units of a group depend on, of one of its layers. */
  private record Shape(LinearRole role, int outputs, int inputs, boolean bias, boolean touched) {
    static Shape of(LinearShape layer, LayerRule rule) {
      return new Shape(
          layer.role(), layer.outputs(), layer.inputs(), layer.bias(), rule.touches(layer));
    }
  }

  /**
   * What the units of a group depend on.
   *
   * @param layers its layers
   * @param positions rotary positions of its attention, or null
   * @param expert whether it is an expert
   */
  private record Kind(List<Shape> layers, RotaryPositions positions, boolean expert) {}

  /** All groups, attention before MLP before experts, block by block. */
  public List<Planned> groups() {
    List<Planned> groups = new ArrayList<>();
    for (int block = 0; block < config.blockCount(); block++) {
      if (config.blocks().get(block).hasAttention()) {
        groups.add(attention(block));
      }
      if (config.blocks().get(block).width() > 0) {
        groups.add(mlp("block " + block + " mlp", block, LinearShape.NO_EXPERT));
      }
      for (int expert = 0; expert < config.blocks().get(block).experts().size(); expert++) {
        groups.add(mlp("block " + block + " expert " + expert, block, expert));
      }
    }
    return groups;
  }

  private Planned attention(int block) {
    List<LinearShape> shapes = config.linears(block).subList(0, 4);
    BlockSize size = config.blocks().get(block);
    int perGroup = size.headsPerGroup();
    WidthLayout heads =
        new WidthLayout(
            UnitKind.HEAD,
            shapes.size() - 1,
            size.keyValueHeads(),
            perGroup,
            config.headDimension(),
            perGroup > 1 && Units.loadable(kinds),
            dividend());
    return planned(
        "block " + block + " attention",
        shapes,
        () -> new AttentionUnits(config, block).of(kinds, shapes),
        heads,
        null);
  }

  /**
   * Models with learned positions have no field for the width of a head, and where queries are
   * normalised over all heads each counts in the others' norm: no head can go.
   */
  private int dividend() {
    boolean any = config.names().outer().positions() == null && !config.attention().wholeNorms();
    return any ? config.hidden() : -1;
  }

  private Planned mlp(String name, int block, int expert) {
    List<LinearShape> shapes = config.feedForward(block, expert);
    int down = shapes.size() - 1;
    WidthLayout neurons =
        new WidthLayout(UnitKind.NEURON, down, 1, shapes.get(down).inputs(), 1, false, 0);
    boolean whole = expert != LinearShape.NO_EXPERT && kinds.contains(UnitKind.EXPERT);
    CoupledGroup.Peers peers =
        whole ? new CoupledGroup.Peers(block, config.experts().perToken()) : null;
    return planned(name, shapes, () -> mlp(shapes, whole), neurons, peers);
  }

  private List<Unit> mlp(List<LinearShape> shapes, boolean whole) {
    int down = shapes.size() - 1;
    List<Unit> units = new ArrayList<>();
    if (kinds.contains(UnitKind.NEURON)) {
      for (int neuron = 0; neuron < shapes.get(down).inputs(); neuron++) {
        units.add(unit(UnitKind.NEURON, down, new int[] {neuron}));
      }
    } else if (whole) {
      int[] all = IntStream.range(0, shapes.get(down).inputs()).toArray();
      units.add(unit(UnitKind.EXPERT, down, all));
    }
    if (kinds.contains(UnitKind.RESIDUAL)) {
      for (int layer = 0; layer < down; layer++) {
        units.addAll(residual(layer, Line.COLUMN, shapes.get(layer).augmentedInputs()));
      }
      units.addAll(residual(down, Line.ROW, shapes.get(down).outputs()));
    }
    return units;
  }

  /** Neurons that go together. */
  private static Unit unit(UnitKind kind, int down, int[] neurons) {
    List<Unit.Part> free =
        IntStream.range(0, down)
            .mapToObj(layer -> new Unit.Part(layer, Line.ROW, neurons))
            .toList();
    Unit.Way way = new Unit.Way(new Unit.Part(down, Line.COLUMN, neurons), free);
    return new Unit(kind, List.of(way));
  }

  /** Every row or column of a layer as a unit of its own. */
  static List<Unit> residual(int layer, Line line, int count) {
    return IntStream.range(0, count)
        .mapToObj(index -> new Unit.Part(layer, line, new int[] {index}))
        .map(part -> new Unit(UnitKind.RESIDUAL, List.of(new Unit.Way(part, List.of()))))
        .toList();
  }

  private Planned planned(
      String name,
      List<LinearShape> shapes,
      Supplier<List<Unit>> units,
      WidthLayout widths,
      CoupledGroup.Peers peers) {
    List<Unit> shared =
        made.computeIfAbsent(
            new Kind(
                shapes.stream().map(shape -> Shape.of(shape, rule)).toList(),
                config.attention().positions(shapes.get(0).block()),
                shapes.get(0).ofExpert()),
            key ->
                List.copyOf(units.get().stream().filter(unit -> isAllowed(unit, shapes)).toList()));
    List<CoupledGroup.Layer> layers =
        shapes.stream()
            .map(
                shape ->
                    new CoupledGroup.Layer(
                        shape.name(), shape.outputs(), shape.augmentedInputs(), rule.most(shape)))
            .toList();
    return new Planned(new CoupledGroup(name, layers, shared, widths, peers), shapes);
  }

  private boolean isAllowed(Unit unit, List<LinearShape> shapes) {
    return unit.ways().stream()
        .flatMap(way -> Stream.concat(Stream.of(way.compensated()), way.free().stream()))
        .allMatch(part -> rule.touches(shapes.get(part.layer())));
  }
}
