package org.llmsurgeon.export.plan;

import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.fields.Written;

/**
 * How a network's {@code config.json}, and its classes in the transformers library, name what a
 * smaller form changes.
 *
 * @param written what its architecture says of that
 * @param headsAsTheyWere whether the architecture's own code cannot have fewer heads than it was
 *     made with
 * @param encoder whether it is an encoder
 */
record ConfigNames(Written written, boolean headsAsTheyWere, boolean encoder) {
  /**
   * The names of an architecture.
   *
   * @param config the network
   */
  static ConfigNames of(ModelConfig config) {
    Written written = Architectures.written(config.architecture());
    boolean encoder = !config.attention().causal();
    boolean whole = written.has(Written.Trait.WHOLE_HEADS) || config.attention().wholeNorms();
    return new ConfigNames(written, encoder || whole, encoder);
  }

  /** Field of the number of neurons. */
  String neurons() {
    return written.sizes().width();
  }

  /** Field of the number of query heads. */
  String heads() {
    return written.sizes().queryHeads();
  }

  /** Field of the number of key and value heads; null where they are as many. */
  String groups() {
    return written.sizes().keyValueHeads();
  }

  /** Whether the width of an expert has a field of its own, beside that of all neurons. */
  boolean ownExpertWidth() {
    return written.has(Written.Trait.OWN_EXPERT_WIDTH);
  }

  /** Field of the number of experts, where a configuration does not spell it. */
  String experts() {
    return written.has(Written.Trait.LOCAL_EXPERTS) ? "num_local_experts" : "num_experts";
  }
}
