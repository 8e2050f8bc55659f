package org.llmsurgeon.pruning.structure;

import java.util.Optional;

/**
 * The cheapest weights of whole groups of consecutive inputs, N:M.
 *
 * @param pattern how many stay of how many
 */
record Patterns(SparsityPattern pattern) implements SparseStructures {
  @Override
  public Optional<SparsityPattern> zeroPattern() {
    return Optional.of(pattern);
  }

  @Override
  public String optionName() {
    return pattern.optionName();
  }
}
