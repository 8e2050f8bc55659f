package org.llmsurgeon.pruning.structure;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Layers whose rows and columns go together, and the units they are made of (method, section 5,
 * ours): the attention, the MLP or an expert of a block.
 *
 * @param name for messages and reports, for example {@code block 3 mlp}
 * @param layers the layers; parts of units count them from 0
 * @param units what can be removed, in an order that breaks ties
 * @param widths where its width shows
 * @param peers of which some must stay, itself one of them; null where it may be left out
 */
public record CoupledGroup(
    String name, List<Layer> layers, List<Unit> units, WidthLayout widths, Peers peers) {
  /**
   * Groups of which not all may go: the experts of a block, of which each token goes through a few.
   *
   * @param of what they have in common: the block
   * @param least how many of them must have something left in their last layers
   */
  public record Peers(int of, int least) {}

  /** Copies the lists. */
  public CoupledGroup {
    layers = List.copyOf(layers);
    units = List.copyOf(units);
  }

  /**
   * A group that may be left out.
   *
   * @param name for messages and reports
   * @param layers the layers
   * @param units what can be removed
   * @param widths where its width shows
   */
  public CoupledGroup(String name, List<Layer> layers, List<Unit> units, WidthLayout widths) {
    this(name, layers, units, widths, null);
  }

  /**
   * A group whose width does not matter.
   *
   * @param name for messages and reports
   * @param layers the layers
   * @param units what can be removed
   */
  public CoupledGroup(String name, List<Layer> layers, List<Unit> units) {
    this(name, layers, units, WidthLayout.NONE);
  }

  /**
   * A layer of a group.
   *
   * @param name its name
   * @param outputs rows of its weight
   * @param inputs columns of its weight, the bias counted
   * @param most how many of its weights may be gone
   */
  public record Layer(String name, int outputs, int inputs, long most) {
    /** A layer of which all may go. */
    public Layer(String name, int outputs, int inputs) {
      this(name, outputs, inputs, (long) outputs * inputs);
    }

    /** Weights, the bias counted. */
    public long weights() {
      return (long) outputs * inputs;
    }
  }

  /** Weights of all layers. */
  public long weights() {
    return layers.stream().mapToLong(Layer::weights).sum();
  }

  /** Whether all of every layer may go. */
  public boolean isUnlimited() {
    return layers.stream().allMatch(layer -> layer.most() >= layer.weights());
  }

  /** Weights that may go if all units do, which no run can pass. */
  public long reachable() {
    GroupLines lines = GroupLines.none(layers);
    units.forEach(unit -> lines.remove(unit.ways().get(0)));
    long reachable = 0;
    for (int i = 0; i < layers.size(); i++) {
      reachable += Math.min(layers.get(i).most(), lines.removed(i));
    }
    return reachable;
  }

  /** Weights of the smallest unit: what stays of a group that may not go as a whole. */
  public long smallestUnit() {
    long smallest = units.isEmpty() ? 0 : weights();
    for (Unit unit : units) {
      GroupLines lines = GroupLines.none(layers);
      lines.remove(unit.ways().get(0));
      smallest = Math.min(smallest, weights() - lines.left());
    }
    return smallest;
  }

  /**
   * Weights of the largest part that goes as a whole: a unit, or where only some widths may be
   * left, all between one of them and the next.
   *
   * @param rule which widths may be left
   */
  public long largestStep(WidthRule rule) {
    long step = 0;
    for (Unit unit : units) {
      GroupLines lines = GroupLines.none(layers);
      lines.remove(unit.ways().get(0));
      long gone = IntStream.range(0, layers.size()).mapToLong(lines::removed).sum();
      step = Math.max(step, gone * rule.together(widths, unit.kind()));
    }
    return Math.min(step, weights());
  }

  /** What a layer must keep so that all units can be costed and removed. */
  public LayerNeeds needs(int layer) {
    boolean rowCosts = false;
    boolean columnCosts = false;
    boolean freeRows = false;
    for (Unit unit : units) {
      for (Unit.Way way : unit.ways()) {
        boolean compensated = way.compensated().layer() == layer;
        rowCosts |= compensated && way.compensated().line() == Line.ROW;
        columnCosts |= compensated && way.compensated().line() == Line.COLUMN;
        freeRows |= way.free().stream().anyMatch(part -> part.layer() == layer);
      }
    }
    return new LayerNeeds(rowCosts, columnCosts, freeRows);
  }
}
