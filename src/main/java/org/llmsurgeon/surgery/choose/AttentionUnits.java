package org.llmsurgeon.surgery.choose;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.RotaryPositions;
import org.llmsurgeon.pruning.structure.Line;
import org.llmsurgeon.pruning.structure.Unit;
import org.llmsurgeon.pruning.structure.UnitKind;

/** The units of an attention whose layers are query, key, value and output, in this order. */
final class AttentionUnits {
  private static final int QUERY = 0;
  private static final int KEY = 1;
  private static final int VALUE = 2;
  private static final int OUTPUT = 3;

  private final int groups;
  private final int headsPerGroup;
  private final int dimension;

  /** Dimensions of a head that are rotated, in pairs half of them apart. */
  private final int rotated;

  /** Whether queries and keys are normalised: none of their dimensions goes without the others. */
  private final boolean normalised;

  /** Whether that is over all heads at once: then no head's queries go without the others. */
  private final boolean tiedHeads;

  AttentionUnits(ModelConfig config, int block) {
    groups = config.blocks().get(block).keyValueHeads();
    headsPerGroup = config.blocks().get(block).headsPerGroup();
    dimension = config.headDimension();
    RotaryPositions positions = config.attention().positions(block);
    rotated = positions == null ? 0 : positions.dimensions();
    normalised = config.normalisesQueries();
    tiedHeads = normalised && config.attention().wholeNorms();
  }

  List<Unit> of(Set<UnitKind> kinds, List<LinearShape> shapes) {
    List<Unit> units = new ArrayList<>();
    for (int group = 0; group < groups; group++) {
      addDimensions(units, kinds, group);
    }
    if (kinds.contains(UnitKind.RESIDUAL)) {
      for (int layer = QUERY; layer <= VALUE; layer++) {
        units.addAll(UnitPlan.residual(layer, Line.COLUMN, shapes.get(layer).augmentedInputs()));
      }
      units.addAll(UnitPlan.residual(OUTPUT, Line.ROW, shapes.get(OUTPUT).outputs()));
    }
    for (int group = 0; group < groups; group++) {
      addHeads(units, kinds, group);
    }
    return units;
  }

  private void addDimensions(List<Unit> units, Set<UnitKind> kinds, int group) {
    if (kinds.contains(UnitKind.VALUE)) {
      for (int each = 0; each < dimension; each++) {
        Unit.Part free = part(VALUE, Line.ROW, new int[] {group * dimension + each});
        units.add(unit(UnitKind.VALUE, part(OUTPUT, Line.COLUMN, inHeads(group, each)), free));
      }
    }
    if (kinds.contains(UnitKind.QUERY_KEY) && !normalised) {
      for (int each = 0; each < rotated / 2; each++) {
        units.add(queryKey(group, new int[] {each, each + rotated / 2}));
      }
      for (int each = rotated; each < dimension; each++) {
        units.add(queryKey(group, new int[] {each}));
      }
    }
  }

  private Unit queryKey(int group, int[] pair) {
    int[] keys = IntStream.of(pair).map(each -> group * dimension + each).toArray();
    Unit.Part key = part(KEY, Line.ROW, keys);
    Unit.Part query = part(QUERY, Line.ROW, inHeads(group, pair));
    return new Unit(
        UnitKind.QUERY_KEY,
        List.of(new Unit.Way(key, List.of(query)), new Unit.Way(query, List.of(key))));
  }

  /** With one query head to a group, head and group are the same unit. */
  private void addHeads(List<Unit> units, Set<UnitKind> kinds, int group) {
    if (headsPerGroup > 1 && kinds.contains(UnitKind.HEAD)) {
      for (int head = group * headsPerGroup; head < (group + 1) * headsPerGroup; head++) {
        int[] lines = whole(head, 1);
        Unit.Part output = part(OUTPUT, Line.COLUMN, lines);
        units.add(
            tiedHeads
                ? unit(UnitKind.HEAD, output)
                : unit(UnitKind.HEAD, output, part(QUERY, Line.ROW, lines)));
      }
    }
    boolean same = headsPerGroup == 1 && kinds.contains(UnitKind.HEAD);
    if (same || kinds.contains(UnitKind.GROUP)) {
      int[] heads = whole(group * headsPerGroup, headsPerGroup);
      int[] shared = whole(group, 1);
      UnitKind kind = same ? UnitKind.HEAD : UnitKind.GROUP;
      Unit.Part output = part(OUTPUT, Line.COLUMN, heads);
      Unit.Part value = part(VALUE, Line.ROW, shared);
      units.add(
          tiedHeads
              ? unit(kind, output, value)
              : unit(
                  kind, output, part(QUERY, Line.ROW, heads), part(KEY, Line.ROW, shared), value));
    }
  }

  /** Positions of some dimensions in every query head of a group, ascending. */
  private int[] inHeads(int group, int... dimensions) {
    return IntStream.range(group * headsPerGroup, (group + 1) * headsPerGroup)
        .flatMap(head -> IntStream.of(dimensions).map(each -> head * dimension + each))
        .toArray();
  }

  private int[] whole(int first, int count) {
    return IntStream.range(first * dimension, (first + count) * dimension).toArray();
  }

  private static Unit.Part part(int layer, Line line, int[] indices) {
    return new Unit.Part(layer, line, indices);
  }

  private static Unit unit(UnitKind kind, Unit.Part compensated, Unit.Part... free) {
    return new Unit(kind, List.of(new Unit.Way(compensated, List.of(free))));
  }
}
