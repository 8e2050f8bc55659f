package org.llmsurgeon.pruning.structure;

import java.util.Optional;
import java.util.Set;
import org.llmsurgeon.InputException;

/**
 * What a run may remove. A closed choice; each kind answers what the rest must know of it, so that
 * nothing asks which kind it is.
 */
public sealed interface Structures permits RowsColumns, Units, SparseStructures {
  /** The name on the command line and in reports. */
  String optionName();

  /** What competes under the threshold. */
  Contest contest();

  /** Whether what competes are units, which go together across matrices. */
  default boolean coupled() {
    return contest() == Contest.UNITS;
  }

  /** Whether single zeros are left in a weight, whose shape stays. */
  default boolean sparse() {
    return contest() == Contest.WEIGHTS;
  }

  /** Which units may go; none where what competes are no units. */
  default Set<UnitKind> units() {
    return Set.of();
  }

  /** Whether whole rows may go, or what else takes the curvature of outputs. */
  default boolean rows() {
    return true;
  }

  /** Whether whole columns may go, or what else takes the curvature of inputs. */
  default boolean columns() {
    return true;
  }

  /** The pattern that zeros make, where they make one. */
  default Optional<SparsityPattern> zeroPattern() {
    return Optional.empty();
  }

  /** Consecutive inputs of a row of which some weights go together. */
  default int groupSize() {
    return zeroPattern().map(SparsityPattern::size).orElse(1);
  }

  /** Weights that go together from so many. */
  default int removedOfGroup() {
    return zeroPattern().map(SparsityPattern::removed).orElse(1);
  }

  /**
   * The structures of this name.
   *
   * @param name {@code row}, {@code column}, {@code row,column}, {@code units}, {@code element} or
   *     a pattern N:M
   * @throws InputException if it is another
   */
  static Structures parse(String name) {
    return switch (name) {
      case "units" -> Units.DEFAULT;
      case "row" -> new RowsColumns(true, false);
      case "column" -> new RowsColumns(false, true);
      case "row,column", "column,row" -> RowsColumns.BOTH;
      case "element" -> new Elements();
      default -> {
        if (SparsityPattern.matches(name)) {
          yield new Patterns(SparsityPattern.parse(name));
        }
        throw new InputException(
            "There are no structures '"
                + name
                + "'; choose one of row, column, row,column, units, element, or N:M as 2:4.");
      }
    };
  }
}
