package org.llmsurgeon.model.config;

import java.io.Serializable;
import org.llmsurgeon.InputException;

/**
 * What a network is to do, where that is not what its architecture is for.
 *
 * @param kind what it is to do; null for what its architecture is for
 * @param maskSeed decides which tokens are hidden; null for 0
 */
public record ObjectiveChoice(ObjectiveKind kind, Long maskSeed) implements Serializable {
  /** What the architecture is for. */
  public static final ObjectiveChoice DEFAULT = new ObjectiveChoice(null, null);

  /**
   * A network that does it.
   *
   * @param config what its architecture says
   * @throws InputException where it has no head for it, or hides no tokens and has a seed for that
   */
  public ModelConfig of(ModelConfig config) {
    ModelConfig chosen = kind == null ? config : chosen(config);
    if (maskSeed == null) {
      return chosen;
    }
    if (!(chosen.objective() instanceof MaskedToken masked)) {
      throw new InputException(
          "A seed of hidden tokens is given, and %s hides none (its objective is %s); leave it out"
              .formatted(config.architecture(), chosen.objective().label()));
    }
    return chosen.with(masked.seeded(maskSeed));
  }

  private ModelConfig chosen(ModelConfig config) {
    String own = config.objective().label();
    if (kind.optionName().equals(own)) {
      return config;
    }
    boolean embeds = !config.attention().causal();
    if (kind == ObjectiveKind.EMBEDDING && embeds) {
      return config.embedding();
    }
    throw new InputException(
        "%s has no head for the objective %s; choose %s"
            .formatted(
                config.architecture(),
                kind.optionName(),
                embeds && !own.equals(ObjectiveKind.EMBEDDING.optionName())
                    ? own + " or embedding"
                    : own));
  }
}
