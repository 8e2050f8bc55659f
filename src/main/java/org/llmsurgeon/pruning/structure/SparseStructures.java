package org.llmsurgeon.pruning.structure;

/**
 * What leaves single zeros in a weight: its shape stays. Candidates are counted in histograms, so
 * that only those travel.
 */
sealed interface SparseStructures extends Structures permits Elements, Patterns {
  @Override
  default Contest contest() {
    return Contest.WEIGHTS;
  }
}
