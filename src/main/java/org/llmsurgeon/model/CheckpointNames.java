package org.llmsurgeon.model;

import java.util.function.Predicate;

/**
 * How a checkpoint spells the names of its tensors. Most write {@code model.decoder.layers.0...} or
 * {@code model.layers.0...}; some (large OPT checkpoints, and bodies saved without their head)
 * leave out the leading {@code model.}. Everything in this package uses the full name; whoever
 * reads or writes the checkpoint asks here for the stored one.
 */
public final class CheckpointNames {
  private static final String PREFIX = "model.";
  private final boolean prefixed;

  private CheckpointNames(boolean prefixed) {
    this.prefixed = prefixed;
  }

  /**
   * Finds out how a checkpoint spells its names.
   *
   * @param config the model's configuration
   * @param stored whether the checkpoint holds a tensor of a given name
   */
  public static CheckpointNames of(ModelConfig config, Predicate<String> stored) {
    String full = config.embeddingName();
    return new CheckpointNames(stored.test(full) || !stored.test(full.substring(PREFIX.length())));
  }

  /**
   * The stored spelling of a name.
   *
   * @param name full name, as {@link ModelConfig#expectedTensors()} and {@link LinearShape} write
   *     it
   */
  public String stored(String name) {
    return prefixed || !name.startsWith(PREFIX) ? name : name.substring(PREFIX.length());
  }
}
