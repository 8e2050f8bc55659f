package org.llmsurgeon.model.architecture;

import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.llmsurgeon.model.config.AttentionStyle;
import org.llmsurgeon.model.config.ModelSize;
import org.llmsurgeon.model.fields.BlockFields;
import org.llmsurgeon.model.fields.ConfigFields;
import org.llmsurgeon.model.fields.RotaryFields;

/** Reads what all architectures that descend from Llama spell alike. */
final class LlamaFields {
  static final BlockFields.Names SIZES =
      new BlockFields.Names("num_attention_heads", "num_key_value_heads", "intermediate_size");

  /** Fields of windows and of kinds of blocks. */
  static final Set<String> WINDOWS = Set.of("sliding_window", "layer_types");

  private LlamaFields() {}

  /**
   * Sizes that an architecture has where its configuration says nothing.
   *
   * @param vocabulary token ids
   * @param hidden width of the stream
   * @param width neurons
   * @param blocks blocks
   * @param heads query heads
   * @param keyValueHeads key and value heads; 0 for as many as query heads
   * @param headDimension width of a head; 0 for hidden / heads
   * @param positions longest sequence
   */
  record Standard(
      int vocabulary,
      int hidden,
      int width,
      int blocks,
      int heads,
      int keyValueHeads,
      int headDimension,
      int positions) {}

  static ModelSize size(ConfigFields fields, Standard standard) {
    int hidden = fields.size("hidden_size", standard.hidden());
    int heads = fields.size("num_attention_heads", standard.heads());
    // An explicit null means as many as query heads, an absent field the architecture's own number.
    boolean own = fields.isAbsent("num_key_value_heads") && standard.keyValueHeads() > 0;
    int keyValueHeads = fields.size("num_key_value_heads", own ? standard.keyValueHeads() : heads);
    if (heads % keyValueHeads != 0) {
      throw fields.contradiction(
          "\"num_attention_heads\" (%d) must be a multiple of \"num_key_value_heads\" (%d)"
              .formatted(heads, keyValueHeads));
    }
    boolean ownWidth = fields.isAbsent("head_dim") && standard.headDimension() > 0;
    if (!fields.has("head_dim") && !ownWidth && hidden % heads != 0) {
      throw fields.contradiction(
          ("\"hidden_size\" (%d) must be a multiple of \"num_attention_heads\" (%d) where there"
                  + " is no \"head_dim\"")
              .formatted(hidden, heads));
    }
    int width = fields.size("head_dim", ownWidth ? standard.headDimension() : hidden / heads);
    if (width % 2 != 0) {
      throw fields.contradiction(
          "heads have %d dimensions, but rotary positions need an even number".formatted(width));
    }
    return new ModelSize(
        fields.size("vocab_size", standard.vocabulary()),
        hidden,
        fields.blocks("num_hidden_layers", standard.blocks()),
        heads,
        keyValueHeads,
        width,
        fields.size("intermediate_size", standard.width()),
        fields.size("max_position_embeddings", standard.positions()));
  }

  /** A Llama of these fields. */
  static Decoder decoder(String name, ConfigFields fields, Standard standard, double epsilon) {
    return decoder(name, fields, standard, epsilon, SIZES);
  }

  /** A Llama of these fields, of whose blocks some sizes may differ. */
  static Decoder decoder(
      String name,
      ConfigFields fields,
      Standard standard,
      double epsilon,
      BlockFields.Names sizes) {
    ModelSize size = size(fields, standard);
    return new Decoder(name, size)
        .blocks(BlockFields.read(fields, size, sizes))
        .rmsNorms(fields.positive("rms_norm_eps", epsilon))
        .rotary(RotaryFields.read(fields, size))
        .activation(fields.activation("hidden_act", "silu"))
        .tied(fields.flag("tie_word_embeddings", false));
  }

  /** The biases that the fields switch on. */
  static Decoder biases(ConfigFields fields, Decoder decoder) {
    boolean attention = fields.flag("attention_bias", false);
    return decoder.biases(attention, attention, fields.flag("mlp_bias", false));
  }

  /** The same window, or none, in every block. */
  static List<AttentionStyle.Layer> window(int blocks, int window) {
    return IntStream.range(0, blocks)
        .mapToObj(block -> new AttentionStyle.Layer(window, 0))
        .toList();
  }

  /**
   * A window in the blocks that {@code layer_types} names, else in those of a rule.
   *
   * @param fields the configuration
   * @param blocks how many blocks
   * @param window how many tokens; 0 for none
   * @param sliding which blocks have it where {@code layer_types} is absent
   */
  static List<AttentionStyle.Layer> windows(
      ConfigFields fields, int blocks, int window, java.util.function.IntPredicate sliding) {
    List<String> types = fields.texts("layer_types");
    if (types != null && types.size() < blocks) {
      throw fields.contradiction(
          "\"layer_types\" has %d entries for %d blocks".formatted(types.size(), blocks));
    }
    return IntStream.range(0, blocks)
        .mapToObj(
            block ->
                new AttentionStyle.Layer(isSliding(fields, types, block, sliding) ? window : 0, 0))
        .toList();
  }

  private static boolean isSliding(
      ConfigFields fields, List<String> types, int block, java.util.function.IntPredicate sliding) {
    if (types == null) {
      return sliding.test(block);
    }
    return switch (types.get(block)) {
      case "full_attention" -> false;
      case "sliding_attention" -> true;
      default -> throw fields.wrong("layer_types", "of full_attention and sliding_attention");
    };
  }
}
