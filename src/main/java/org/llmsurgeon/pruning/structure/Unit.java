package org.llmsurgeon.pruning.structure;

import java.util.List;

/**
 * Rows and columns of a coupled group's layers that go together (method, section 5, ours).
 *
 * @param kind what it is in the network
 * @param ways how it can be removed; they take the same rows and columns and differ in what the
 *     rest makes up for; the cheapest is used
 */
public record Unit(UnitKind kind, List<Way> ways) {
  /** Copies the list. */
  public Unit {
    ways = List.copyOf(ways);
    if (ways.isEmpty()) {
      throw new IllegalArgumentException("a unit that cannot be removed");
    }
  }

  /** A unit with one way. */
  public static Unit of(UnitKind kind, Part compensated, Part... free) {
    return new Unit(kind, List.of(new Way(compensated, List.of(free))));
  }

  /**
   * Rows or columns of one layer. The array is not copied, so not to be written.
   *
   * @param layer position of the layer in its group
   * @param line rows or columns
   * @param indices which ones, ascending
   */
  public record Part(int layer, Line line, int[] indices) {}

  /**
   * One way to remove a unit.
   *
   * @param compensated what the rest of its matrix makes up for; its joint cost is the unit's cost
   * @param free rows that nobody reads any more: no update, no cost
   */
  public record Way(Part compensated, List<Part> free) {
    /** Copies the list and checks that only rows go free. */
    public Way {
      free = List.copyOf(free);
      for (Part part : free) {
        if (part.line() != Line.ROW) {
          throw new IllegalArgumentException("only rows go free");
        }
      }
    }
  }
}
