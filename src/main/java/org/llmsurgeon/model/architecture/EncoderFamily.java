package org.llmsurgeon.model.architecture;

import java.util.List;
import java.util.Set;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.model.config.Ends;
import org.llmsurgeon.model.config.MaskedToken;
import org.llmsurgeon.model.config.ModelSize;
import org.llmsurgeon.model.config.NormPlace;
import org.llmsurgeon.model.config.SpecialTokens;
import org.llmsurgeon.model.fields.BlockFields;
import org.llmsurgeon.model.fields.ConfigFields;

/**
 * BERT, RoBERTa and DistilBERT: every token sees every other, learned positions, norms after the
 * residual stream was added to, biases everywhere.
 */
final class EncoderFamily {
  private static final Set<String> KNOWS = Set.of("type_vocab_size", "sinusoidal_pos_embds");

  static final List<Architecture> ALL =
      List.of(
          new Family("BertForMaskedLM", "bert", "BERT", KNOWS, EncoderFamily::bertWords),
          new Family("RobertaForMaskedLM", "roberta", "RoBERTa", KNOWS, EncoderFamily::robertaWords),
          new Family(
              "DistilBertForMaskedLM",
              "distilbert",
              "DistilBERT",
              KNOWS,
              EncoderFamily::distilWords));

  private static final BlockFields.Names BERT_SIZES =
      new BlockFields.Names("num_attention_heads", null, "intermediate_size");
  private static final BlockFields.Names DISTIL_SIZES =
      new BlockFields.Names("n_heads", null, "hidden_dim");

  private EncoderFamily() {}

  private static Decoder bertWords(ConfigFields fields) {
    Decoder body =
        words(bert(fields, "BertForMaskedLM"), fields, "cls.predictions.decoder.weight");
    Activation activation = fields.activation("hidden_act", "gelu");
    return body
        .norm(NormPlace.HEAD, "cls.predictions.transform.LayerNorm")
        .encoder(
            new Ends(
                "bert.embeddings.token_type_embeddings.weight",
                fields.size("type_vocab_size", 2),
                "cls.predictions.transform.dense",
                activation,
                bias(body, "cls.predictions.bias", "cls.predictions.decoder.bias"),
                body.size().vocabulary()),
            masked(body.size()));
  }

  private static Decoder robertaWords(ConfigFields fields) {
    Decoder body = words(roberta(fields, "RobertaForMaskedLM"), fields, "lm_head.decoder.weight");
    return body
        .norm(NormPlace.HEAD, "lm_head.layer_norm")
        .encoder(
            new Ends(
                "roberta.embeddings.token_type_embeddings.weight",
                fields.size("type_vocab_size", 2),
                "lm_head.dense",
                Activation.GELU,
                bias(body, "lm_head.bias", "lm_head.decoder.bias"),
                body.size().vocabulary()),
            masked(body.size()));
  }

  private static Decoder distilWords(ConfigFields fields) {
    Decoder body = distil(fields, "DistilBertForMaskedLM");
    return words(body, fields, "vocab_projector.weight")
        .norm(NormPlace.HEAD, "vocab_layer_norm")
        .encoder(
            new Ends(
                null,
                0,
                "vocab_transform",
                fields.activation("activation", "gelu"),
                "vocab_projector.bias",
                body.size().vocabulary()),
            masked(body.size()));
  }

  /** A head that is not tied to the embedding has a bias of its own, beside one that is not used. */
  private static String bias(Decoder body, String tied, String own) {
    return body.isTied() ? tied : own;
  }

  private static MaskedToken masked(ModelSize size) {
    return new MaskedToken(size.vocabulary(), SpecialTokens.UNKNOWN);
  }

  private static Decoder words(Decoder body, ConfigFields fields, String head) {
    return body.head(head).tied(fields.flag("tie_word_embeddings", true));
  }

  private static Decoder bert(ConfigFields fields, String name) {
    return ofBert(fields, name, "bert.", 0).layerNorms(fields.positive("layer_norm_eps", 1e-12));
  }

  private static Decoder roberta(ConfigFields fields, String name) {
    int offset = fields.count("pad_token_id", 1) + 1;
    return ofBert(fields, name, "roberta.", offset)
        .layerNorms(fields.positive("layer_norm_eps", 1e-12));
  }

  /**
   * The blocks that BERT and RoBERTa have in common.
   *
   * @param offset rows of the table of positions that are never used
   */
  private static Decoder ofBert(ConfigFields fields, String name, String prefix, int offset) {
    String positions = fields.text("position_embedding_type", "absolute");
    if (!positions.equals("absolute")) {
      throw fields.wrong("position_embedding_type", "\"absolute\"");
    }
    if (fields.flag("is_decoder", false)) {
      throw fields.wrong("is_decoder", "false");
    }
    ModelSize size =
        LegacyFamily.size(
            fields, LegacyFamily.names("intermediate_size"), 30522, 768, 12, 12, 3072, 512);
    return post(new Decoder(name, reaching(fields, size, offset)), prefix, "encoder.layer.")
        .blocks(BlockFields.read(fields, size, BERT_SIZES))
        .learnedPositions(prefix + "embeddings.position_embeddings.weight", offset)
        .attention(
            "attention.", "self.query", "self.key", "self.value", "output.dense")
        .plain("", "intermediate.dense", "output.dense")
        .norm(NormPlace.AFTER_ATTENTION_SUM, "attention.output.LayerNorm")
        .norm(NormPlace.AFTER_FEED_FORWARD_SUM, "output.LayerNorm")
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
    ModelSize size = LegacyFamily.size(fields, names, 30522, 768, 6, 12, 3072, 512);
    return post(new Decoder(name, size), "distilbert.", "transformer.layer.")
        .blocks(BlockFields.read(fields, size, DISTIL_SIZES))
        .learnedPositions("distilbert.embeddings.position_embeddings.weight", 0)
        .attention("attention.", "q_lin", "k_lin", "v_lin", "out_lin")
        .plain("ffn.", "lin1", "lin2")
        .norm(NormPlace.AFTER_ATTENTION_SUM, "sa_layer_norm")
        .norm(NormPlace.AFTER_FEED_FORWARD_SUM, "output_layer_norm")
        .layerNorms(1e-12)
        .activation(fields.activation("activation", "gelu"));
  }

  private static Decoder post(Decoder body, String prefix, String blocks) {
    return body.names(
            prefix, prefix + "embeddings.word_embeddings.weight", prefix + blocks, null)
        .normsAfterLayers()
        .norm(NormPlace.EMBEDDING, prefix + "embeddings.LayerNorm")
        .norm(NormPlace.BEFORE_ATTENTION, null)
        .norm(NormPlace.BEFORE_FEED_FORWARD, null)
        .norm(NormPlace.LAST, null)
        .biases(true, true, true);
  }
}
