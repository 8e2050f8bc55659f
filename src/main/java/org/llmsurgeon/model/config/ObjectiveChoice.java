package org.llmsurgeon.model.config;

import java.io.Serializable;
import org.llmsurgeon.InputException;

/**
 * What a network is to do, where that is not what its configuration says.
 *
 * @param kind what it is to do; null for what its architecture is for
 * @param maskSeed decides which tokens are hidden; null for 0
 * @param wholeExperts whether an expert of which all weights are 0 is gone with its row of the
 *     router, see {@link Experts#emptyGone}
 */
public record ObjectiveChoice(ObjectiveKind kind, Long maskSeed, boolean wholeExperts)
    implements Serializable {
  /** What the architecture is for. */
  public static final ObjectiveChoice DEFAULT = new ObjectiveChoice(null, null);

  /**
   * A choice in which experts stay.
   *
   * @param kind what it is to do; null for what its architecture is for
   * @param maskSeed decides which tokens are hidden; null for 0
   */
  public ObjectiveChoice(ObjectiveKind kind, Long maskSeed) {
    this(kind, maskSeed, false);
  }

  /**
   * A network that does it.
   *
   * @param config what its architecture says
   * @throws InputException where it has no head for it, hides no tokens and has a seed for that, or
   *     has no experts and some are to go
   */
  public ModelConfig of(ModelConfig config) {
    ModelConfig chosen = kind == null ? config : chosen(config);
    if (wholeExperts) {
      if (config.experts() == null) {
        throw new InputException(
            "%s has no experts; leave expert out of the units".formatted(config.architecture()));
      }
      chosen = chosen.withoutEmptyExperts();
    }
    if (maskSeed == null) {
      return chosen;
    }
    Objective seeded = chosen.objective().seeded(maskSeed);
    if (seeded == null) {
      throw new InputException(
          "A seed of hidden tokens is given, and %s hides none (its objective is %s); leave it out"
              .formatted(config.architecture(), chosen.objective().label()));
    }
    return chosen.with(seeded);
  }

  private ModelConfig chosen(ModelConfig config) {
    String own = config.objective().label();
    if (kind.optionName().equals(own)) {
      return config;
    }
    boolean embeds = !config.attention().causal() && !config.readsImages();
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
