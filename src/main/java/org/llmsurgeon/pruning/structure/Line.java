package org.llmsurgeon.pruning.structure;

/** The two ways to cut a weight {@code [out, in]}. */
public enum Line {
  /** An output: a row of the weight and of {@code G}. */
  ROW,
  /** An input: a column of the weight and a row of {@code A}. */
  COLUMN
}
