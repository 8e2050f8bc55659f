package org.llmsurgeon.pruning.structure;

/** Single weights, each on its own; biases count as weights of their layer. */
record Elements() implements SparseStructures {
  @Override
  public String optionName() {
    return "element";
  }
}
