package org.llmsurgeon.pruning.structure;

/**
 * The cheapest weights of whole groups of consecutive inputs, N:M.
 *
 * @param pattern how many stay of how many
 */
public record Patterns(SparsityPattern pattern) implements SparseStructures {
  @Override
  public String optionName() {
    return pattern.optionName();
  }
}
