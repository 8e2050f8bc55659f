package org.llmsurgeon.model.fields;

import org.llmsurgeon.model.config.ModelSize;

/** Reads the sizes of networks that have as many key and value heads as query heads. */
public final class UngroupedFields {
  /** Fields that blocks may have of their own. */
  public static final BlockFields.Names NAMES =
      new BlockFields.Names("num_attention_heads", null, "intermediate_size");

  private UngroupedFields() {}

  /**
   * The sizes.
   *
   * @param fields the configuration
   * @param names fields of vocabulary, hidden, blocks, heads, neurons, positions
   * @param ints what holds where they are missing; 0 neurons for four times the hidden size
   */
  public static ModelSize size(ConfigFields fields, String[] names, int... ints) {
    int hidden = fields.size(names[1], ints[1]);
    int heads = fields.size(names[3], ints[3]);
    if (hidden % heads != 0) {
      throw fields.contradiction(
          "\"%s\" (%d) must be a multiple of \"%s\" (%d)"
              .formatted(names[1], hidden, names[3], heads));
    }
    int neurons = ints[4] == 0 ? 4 * hidden : ints[4];
    return new ModelSize(
        fields.size(names[0], ints[0]),
        hidden,
        fields.blocks(names[2], ints[2]),
        heads,
        heads,
        hidden / heads,
        fields.size(names[4], neurons),
        fields.size(names[5], ints[5]));
  }

  /**
   * Usual names of the fields.
   *
   * @param width that of the neurons
   */
  public static String[] names(String width) {
    return new String[] {
      "vocab_size",
      "hidden_size",
      "num_hidden_layers",
      "num_attention_heads",
      width,
      "max_position_embeddings"
    };
  }
}
