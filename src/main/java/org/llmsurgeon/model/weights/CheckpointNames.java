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
 * <p>Where the head is tied and only the head's tensor is stored, that is the embedding's.
 */
public final class CheckpointNames {
  private final String prefix;
  private final boolean prefixed;
  private final String embedding;
  private final String instead;

  private CheckpointNames(TensorNames names, boolean prefixed, String instead) {
    this.prefix = names.prefix();
    this.prefixed = prefixed;
    this.embedding = names.outer().embedding();
    this.instead = instead;
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
      return new CheckpointNames(names, stored.test(full), null);
    }
    boolean onlyHead = config.tiedHead() && stored.test(names.outer().head());
    String last = names.norms().get(NormPlace.LAST);
    boolean prefixed =
        last == null || !stored.test(last.substring(names.prefix().length()) + ".weight");
    return new CheckpointNames(names, prefixed, onlyHead ? names.outer().head() : null);
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
    return prefixed || !name.startsWith(prefix) ? name : name.substring(prefix.length());
  }
}
