package org.llmsurgeon.pruning.structure;

import org.llmsurgeon.Choice;

/** What a unit is in the network (method, section 5, ours). */
public enum UnitKind {
  /** A hidden neuron of an MLP: its column of the down projection, free its rows of gate and up. */
  NEURON,
  /** A query head: its columns of the output projection jointly, free its query rows. */
  HEAD,
  /**
   * A key/value group: the columns of all its query heads jointly, free its query, key and value
   * rows.
   */
  GROUP,
  /** One value dimension: its columns in all query heads of a group jointly, free its value row. */
  VALUE,
  /**
   * A query-key dimension, with rotary positions the pair that is rotated together: the key rows,
   * or the query rows in all heads of the group, whichever is cheaper; the other side goes free.
   */
  QUERY_KEY,
  /** One row or column of a matrix at the residual stream. */
  RESIDUAL,
  /**
   * An expert of a mixture with its row of the router: all columns of its down projection jointly,
   * free all its rows of gate and up. Where neurons go as well it is the end of their path.
   */
  EXPERT;

  /** The name on the command line and in reports. */
  public String optionName() {
    return Choice.name(this);
  }

  /**
   * The kind of this name.
   *
   * @param name for example {@code query-key}
   * @throws org.llmsurgeon.InputException if there is none, listing the choices
   */
  public static UnitKind parse(String name) {
    return Choice.parse("unit", name, values());
  }
}
