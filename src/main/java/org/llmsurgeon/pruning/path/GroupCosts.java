package org.llmsurgeon.pruning.path;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.pruning.layer.LiveFactor;
import org.llmsurgeon.pruning.layer.LiveLayer;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.Line;
import org.llmsurgeon.pruning.structure.Unit;

/**
 * Costs and sizes of a group's units in the present state of its layers. Costs of one layer's rows
 * or columns are computed together.
 */
final class GroupCosts {
  private final Device device;
  private final List<LayerState> states;
  private final List<CoupledGroup.Layer> shapes;
  private final boolean unlimited;

  /** {@code [unit][way][0 = compensated, then free]}. */
  private final Unit.Part[][][] parts;

  /** Where they are among the live of the shot's start. */
  private final int[][][][] positions;

  GroupCosts(
      Device device, CoupledGroup group, List<LayerSurgery> layers, List<LayerState> states) {
    this.device = device;
    this.states = states;
    this.shapes = group.layers();
    this.unlimited = group.isUnlimited();
    parts =
        group.units().stream()
            .map(unit -> unit.ways().stream().map(GroupCosts::parts).toArray(Unit.Part[][]::new))
            .toArray(Unit.Part[][][]::new);
    positions = new int[parts.length][][][];
    for (int unit = 0; unit < positions.length; unit++) {
      positions[unit] =
          Arrays.stream(parts[unit])
              .map(way -> Arrays.stream(way).map(part -> live(layers, part)).toArray(int[][]::new))
              .toArray(int[][][]::new);
    }
  }

  private static Unit.Part[] parts(Unit.Way way) {
    return Stream.concat(Stream.of(way.compensated()), way.free().stream())
        .toArray(Unit.Part[]::new);
  }

  private static int[] live(List<LayerSurgery> layers, Unit.Part part) {
    LiveLayer layer = layers.get(part.layer()).live();
    LiveFactor factor = part.line() == Line.ROW ? layer.outputs() : layer.inputs();
    return factor.positions(part.indices());
  }

  /** Those positions of a part that are left; not to be written. */
  private int[] left(int unit, int way, int part) {
    int[] all = positions[unit][way][part];
    int count = count(unit, way, part);
    if (count == all.length) {
      return all;
    }
    int[] left = new int[count];
    Unit.Part lines = parts[unit][way][part];
    LayerState state = states.get(lines.layer());
    int at = 0;
    for (int position : all) {
      if (state.lives(lines.line(), position)) {
        left[at++] = position;
      }
    }
    return left;
  }

  private int count(int unit, int way, int part) {
    Unit.Part lines = parts[unit][way][part];
    LayerState state = states.get(lines.layer());
    int count = 0;
    for (int position : positions[unit][way][part]) {
      count += state.lives(lines.line(), position) ? 1 : 0;
    }
    return count;
  }

  /** Cost of every way of every unit; 0 where nothing compensated is left. */
  double[][] ofAll() {
    double[][] costs = new double[positions.length][];
    List<List<int[]>> sets = new ArrayList<>();
    List<List<int[]>> where = new ArrayList<>();
    for (int i = 0; i < 2 * states.size(); i++) {
      sets.add(new ArrayList<>());
      where.add(new ArrayList<>());
    }
    for (int unit = 0; unit < positions.length; unit++) {
      costs[unit] = new double[positions[unit].length];
      for (int way = 0; way < costs[unit].length; way++) {
        Unit.Part part = parts[unit][way][0];
        int[] set = left(unit, way, 0);
        if (set.length > 0) {
          int slot = 2 * part.layer() + part.line().ordinal();
          sets.get(slot).add(set);
          where.get(slot).add(new int[] {unit, way});
        }
      }
    }
    for (int slot = 0; slot < sets.size(); slot++) {
      if (!sets.get(slot).isEmpty()) {
        Line line = Line.values()[slot % 2];
        double[] values = new BlockCosts(device, states.get(slot / 2), line).of(sets.get(slot));
        for (int i = 0; i < values.length; i++) {
          int[] place = where.get(slot).get(i);
          costs[place[0]][place[1]] = values[i];
        }
      }
    }
    return costs;
  }

  /** Weights that go with a unit now: all its ways take the same. */
  long weights(int unit) {
    long weights = 0;
    for (int i = 0; i < parts[unit][0].length; i++) {
      Unit.Part part = parts[unit][0][i];
      LayerState state = states.get(part.layer());
      int across = part.line() == Line.ROW ? state.columns() : state.rows();
      weights += (long) count(unit, 0, i) * across;
    }
    return weights;
  }

  /**
   * Whether no layer would lose more than it may. Dead lines count as lost, and a unit whose lines
   * of a layer are dead takes them from it all the same.
   *
   * @param removal what goes besides
   * @param units what would go with it, none of them sharing a line with another
   */
  boolean fits(Removal removal, int... units) {
    if (unlimited) {
      return true;
    }
    int[] rows = new int[states.size()];
    int[] columns = new int[states.size()];
    boolean[] touched = new boolean[states.size()];
    for (int unit : units) {
      for (int i = 0; i < parts[unit][0].length; i++) {
        Unit.Part part = parts[unit][0][i];
        int[] set = left(unit, 0, i);
        touched[part.layer()] = true;
        int[] lines = part.line() == Line.ROW ? rows : columns;
        lines[part.layer()] += removal.fresh(part.layer(), part.line(), set);
      }
    }
    for (int layer = 0; layer < rows.length; layer++) {
      LayerState state = states.get(layer);
      long left =
          (long) (state.rows() - removal.rows(layer) - rows[layer])
              * (state.columns() - removal.columns(layer) - columns[layer]);
      CoupledGroup.Layer shape = shapes.get(layer);
      if (touched[layer] && shape.weights() - left > shape.most()) {
        return false;
      }
    }
    return true;
  }

  /**
   * Adds what is left of a unit to a removal.
   *
   * @return whether it takes anything that the removal did not take already
   */
  boolean addTo(Removal removal, int unit, int way) {
    boolean fresh = false;
    for (int i = 0; i < parts[unit][way].length; i++) {
      Unit.Part part = parts[unit][way][i];
      fresh |= removal.add(part.layer(), part.line(), i > 0, left(unit, way, i));
    }
    return fresh;
  }
}
