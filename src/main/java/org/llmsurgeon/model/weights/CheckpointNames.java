package org.llmsurgeon.model.weights;

import java.util.function.Predicate;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.NormPlace;
import org.llmsurgeon.model.config.TensorNames;

/**
 * How a checkpoint spells the names of its tensors. Most write the full name ({@code
 * model.layers.0...}, {@code transformer.h.0...}); some (large OPT checkpoints, the first GPT-2,
 * and bodies saved without their head) leave out the first component. Everything in this package
 * uses the full name; whoever reads or writes the checkpoint asks here for the stored one.
 *
 * <p>The first BERT checkpoints call weight and bias of a norm {@code gamma} and {@code beta}.
 *
 * <p>Where the head is tied and only the head's tensor is stored, that is the embedding's.
 */
public final class CheckpointNames {
  private static final String NORM = "LayerNorm";
  private static final String WEIGHT = ".weight";
  private static final String BIAS = ".bias";

  private final String prefix;
  private final boolean prefixed;
  private final String embedding;
  private final String instead;
  private final boolean greek;

  private CheckpointNames(TensorNames names, boolean prefixed, String instead, boolean greek) {
    this.prefix = names.prefix();
    this.prefixed = prefixed;
    this.embedding = names.outer().embedding();
    this.instead = instead;
    this.greek = greek;
  }

  /**
   * Finds out how a checkpoint spells its names.
   *
   * @param config the model's configuration
   * @param stored whether the checkpoint holds a tensor of a given name
   */
  public static CheckpointNames of(ModelConfig config, Predicate<String> stored) {
    TensorNames names = config.names();
    String full = names.outer().embedding();
    String bare = full.substring(names.prefix().length());
    if (stored.test(full) || stored.test(bare)) {
      CheckpointNames spelled = new CheckpointNames(names, stored.test(full), null, true);
      String norm = names.norms().get(NormPlace.EMBEDDING);
      boolean greek = norm != null && stored.test(spelled.stored(norm + WEIGHT));
      return greek ? spelled : new CheckpointNames(names, stored.test(full), null, false);
    }
    boolean onlyHead = config.tiedHead() && stored.test(names.outer().head());
    String last = names.norms().get(NormPlace.LAST);
    boolean prefixed =
        last == null || !stored.test(last.substring(names.prefix().length()) + WEIGHT);
    return new CheckpointNames(names, prefixed, onlyHead ? names.outer().head() : null, false);
  }

  /** Whether they are those of the first BERT checkpoints. */
  boolean areOld() {
    return greek;
  }

  /**
   * The stored spelling of a name.
   *
   * @param name full name, as the network and {@link LinearShape} write it
   */
  public String stored(String name) {
    if (instead != null && name.equals(embedding)) {
      return instead;
    }
    String spelled = greek ? greek(name) : name;
    return prefixed || !spelled.startsWith(prefix) ? spelled : spelled.substring(prefix.length());
  }

  private static String greek(String name) {
    if (name.endsWith(NORM + WEIGHT)) {
      return name.substring(0, name.length() - WEIGHT.length()) + ".gamma";
    }
    return name.endsWith(NORM + BIAS)
        ? name.substring(0, name.length() - BIAS.length()) + ".beta"
        : name;
  }
}
