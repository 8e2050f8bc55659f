package org.llmsurgeon.pruning.structure;

/** What competes under one threshold over all layers. */
public enum Contest {
  /** Rows and columns of each matrix: costs of whole lines come to the driver. */
  LINES,
  /** Units of coupled matrices: elimination paths of groups come to the driver. */
  UNITS,
  /** Single weights, or small groups of them: histograms of costs come to the driver. */
  WEIGHTS
}
