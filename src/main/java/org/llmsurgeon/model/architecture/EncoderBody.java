package org.llmsurgeon.model.architecture;

import java.util.function.BiFunction;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.model.config.Ends;
import org.llmsurgeon.model.config.Ends.HeadShape;
import org.llmsurgeon.model.config.ModelSize;
import org.llmsurgeon.model.config.NormPlace;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.fields.BlockFields;
import org.llmsurgeon.model.fields.ConfigFields;
import org.llmsurgeon.model.fields.UngroupedFields;

/**
 * What encoders of one kind have in common, whatever they are for: every token sees every other,
 * learned positions, norms after the residual stream was added to, biases everywhere.
 *
 * @param name what names of architectures begin with
 * @param type {@code model_type}
 * @param prefix what names of its tensors begin with
 * @param types table of the types of tokens, without the prefix; null for none
 * @param activation field of its non-linearity
 * @param sizes fields of heads and neurons
 * @param blocks describes everything between the embedding and the head
 */
record EncoderBody(
    String name,
    String type,
    String prefix,
    String types,
    String activation,
    BlockFields.Names sizes,
    BiFunction<ConfigFields, String, Decoder> blocks) {
  private static final String TYPES = "embeddings.token_type_embeddings.weight";
  private static final BlockFields.Names DISTIL_SIZES =
      new BlockFields.Names("n_heads", null, "hidden_dim");

  static final EncoderBody BERT =
      new EncoderBody(
          "Bert",
          "bert",
          "bert.",
          TYPES,
          "hidden_act",
          UngroupedFields.NAMES,
          (f, name) -> ofBert(f, name, "bert.", 0));
  static final EncoderBody ROBERTA =
      new EncoderBody(
          "Roberta",
          "roberta",
          "roberta.",
          TYPES,
          "hidden_act",
          UngroupedFields.NAMES,
          (f, name) -> ofBert(f, name, "roberta.", f.count("pad_token_id", 1) + 1));
  static final EncoderBody DISTILBERT =
      new EncoderBody(
          "DistilBert",
          "distilbert",
          "distilbert.",
          null,
          "activation",
          DISTIL_SIZES,
          EncoderBody::distil);

  /** The non-linearity that a configuration asks for. */
  Activation activation(ConfigFields fields) {
    return fields.activation(activation, "gelu");
  }

  /**
   * What a network of this body has around its blocks.
   *
   * @param head what comes after them
   * @param objective what the network is to do
   */
  Ends ends(ConfigFields fields, HeadShape head, Objective objective) {
    return new Ends(typesTable(), kinds(fields), null, head, objective);
  }

  /** Kinds of tokens. */
  int kinds(ConfigFields fields) {
    return types == null ? 0 : fields.size("type_vocab_size", 2);
  }

  /** Name of the table of the kinds of tokens, or null. */
  private String typesTable() {
    return types == null ? null : prefix + types;
  }

  /**
   * The blocks that BERT and RoBERTa have in common.
   *
   * @param offset rows of the table of positions that are never used
   */
  private static Decoder ofBert(ConfigFields fields, String name, String prefix, int offset) {
    if (!fields.text("position_embedding_type", "absolute").equals("absolute")) {
      throw fields.wrong("position_embedding_type", "\"absolute\"");
    }
    if (fields.flag("is_decoder", false)) {
      throw fields.wrong("is_decoder", "false");
    }
    ModelSize size =
        UngroupedFields.size(
            fields, UngroupedFields.names("intermediate_size"), 30522, 768, 12, 12, 3072, 512);
    return common(new Decoder(name, reaching(fields, size, offset)), prefix, "encoder.layer.")
        .blocks(BlockFields.read(fields, size, UngroupedFields.NAMES))
        .learnedPositions(prefix + "embeddings.position_embeddings.weight", offset)
        .attention("attention.", "self.query", "self.key", "self.value", "output.dense")
        .plain("", "intermediate.dense", "output.dense")
        .norm(NormPlace.AFTER_ATTENTION_SUM, "attention.output.LayerNorm")
        .norm(NormPlace.AFTER_FEED_FORWARD_SUM, "output.LayerNorm")
        .layerNorms(fields.positive("layer_norm_eps", 1e-12))
        .activation(fields.activation("hidden_act", "gelu"));
  }

  /** Rows of the table that are never used count in max_position_embeddings. */
  private static ModelSize reaching(ConfigFields fields, ModelSize size, int offset) {
    if (size.maxPositions() <= offset) {
      throw fields.wrong("max_position_embeddings", "more than pad_token_id + 1, " + offset);
    }
    return size.reaching(size.maxPositions() - offset);
  }

  private static Decoder distil(ConfigFields fields, String name) {
    String[] names = {
      "vocab_size", "dim", "n_layers", "n_heads", "hidden_dim", "max_position_embeddings"
    };
    ModelSize size = UngroupedFields.size(fields, names, 30522, 768, 6, 12, 3072, 512);
    return common(new Decoder(name, size), "distilbert.", "transformer.layer.")
        .blocks(BlockFields.read(fields, size, DISTIL_SIZES))
        .learnedPositions("distilbert.embeddings.position_embeddings.weight", 0)
        .attention("attention.", "q_lin", "k_lin", "v_lin", "out_lin")
        .plain("ffn.", "lin1", "lin2")
        .norm(NormPlace.AFTER_ATTENTION_SUM, "sa_layer_norm")
        .norm(NormPlace.AFTER_FEED_FORWARD_SUM, "output_layer_norm")
        .layerNorms(1e-12)
        .activation(fields.activation("activation", "gelu"));
  }

  private static Decoder common(Decoder body, String prefix, String blocks) {
    return body.names(prefix, prefix + "embeddings.word_embeddings.weight", prefix + blocks, null)
        .normsAfterLayers()
        .norm(NormPlace.EMBEDDING, prefix + "embeddings.LayerNorm")
        .norm(NormPlace.BEFORE_ATTENTION, null)
        .norm(NormPlace.BEFORE_FEED_FORWARD, null)
        .norm(NormPlace.LAST, null)
        .biases(true, true, true);
  }
}
