package org.llmsurgeon.model.config;

import java.util.Set;

/**
 * Tokens of a vocabulary that stand for no text.
 *
 * @param mask stands for a token that is hidden; {@link #NONE} where there is none
 * @param all every one of them, the mask included
 */
public record SpecialTokens(int mask, Set<Integer> all) {
  /** In place of a token's id. */
  public static final int NONE = -1;

  /** Where nobody knows any. */
  public static final SpecialTokens UNKNOWN = new SpecialTokens(NONE, Set.of());

  /** Copies. */
  public SpecialTokens {
    all = Set.copyOf(all);
  }
}
