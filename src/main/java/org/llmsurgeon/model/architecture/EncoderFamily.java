package org.llmsurgeon.model.architecture;

import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.model.config.Ends.HeadShape;
import org.llmsurgeon.model.config.MaskedToken;
import org.llmsurgeon.model.config.NormPlace;
import org.llmsurgeon.model.config.SpecialTokens;
import org.llmsurgeon.model.config.TextEmbedding;
import org.llmsurgeon.model.fields.ConfigFields;

/** BERT, RoBERTa and DistilBERT, each for hidden tokens, embeddings, and labels. */
final class EncoderFamily {
  private static final Set<String> KNOWS =
      Set.of("type_vocab_size", "sinusoidal_pos_embds", "is_causal");

  private static final Words BERT =
      new Words(
          "cls.predictions.transform.dense",
          "cls.predictions.transform.LayerNorm",
          "cls.predictions.decoder.weight",
          "cls.predictions.bias",
          "cls.predictions.decoder.bias");
  private static final Words ROBERTA =
      new Words(
          "lm_head.dense",
          "lm_head.layer_norm",
          "lm_head.decoder.weight",
          "lm_head.bias",
          "lm_head.decoder.bias");
  private static final Words DISTILBERT =
      new Words(
          "vocab_transform",
          "vocab_layer_norm",
          "vocab_projector.weight",
          "vocab_projector.bias",
          "vocab_projector.bias");

  static final List<Architecture> ALL =
      Stream.of(
              of(EncoderBody.BERT, BERT, "BERT", "bert.pooler.dense", Activation.TANH),
              of(EncoderBody.ROBERTA, ROBERTA, "RoBERTa", "classifier.dense", Activation.TANH),
              of(
                  EncoderBody.DISTILBERT,
                  DISTILBERT,
                  "DistilBERT",
                  "pre_classifier",
                  Activation.RELU))
          .flatMap(List::stream)
          .toList();

  private EncoderFamily() {}

  /**
   * Names of a head that says tokens.
   *
   * @param transform layer before it
   * @param norm after that
   * @param weight its own, where it is not tied
   * @param tiedBias bias of a tied head
   * @param ownBias bias of one that is not
   */
  private record Words(
      String transform, String norm, String weight, String tiedBias, String ownBias) {}

  /**
   * The networks of one body.
   *
   * @param pooler layer before a sequence's labels
   * @param pooled its non-linearity
   */
  private static List<Architecture> of(
      EncoderBody body, Words head, String models, String pooler, Activation pooled) {
    EncoderLabels labels = new EncoderLabels(body, pooler, pooled);
    return List.of(
        family(body, "ForMaskedLM", models, fields -> words(body, head, fields)),
        family(
            body,
            "Model",
            body == EncoderBody.BERT
                ? "MiniLM and other BERTs of embeddings"
                : models + ", embeddings",
            fields -> embeddings(body, fields)),
        family(body, EncoderLabels.TEXTS, models + ", labels of texts", labels::ofTexts),
        family(body, EncoderLabels.TOKENS, models + ", labels of tokens", labels::ofTokens));
  }

  private static Family family(
      EncoderBody body, String task, String models, Function<ConfigFields, Decoder> reader) {
    return new Family(body.name() + task, body.type(), models, KNOWS, reader).sized(body.sizes());
  }

  private static Decoder words(EncoderBody body, Words head, ConfigFields fields) {
    Decoder network = body.blocks().apply(fields, body.name() + "ForMaskedLM");
    boolean tied = fields.flag("tie_word_embeddings", true);
    int vocabulary = network.size().vocabulary();
    Activation activation = body == EncoderBody.ROBERTA ? Activation.GELU : body.activation(fields);
    String bias = tied ? head.tiedBias() : head.ownBias();
    return network
        .head(head.weight())
        .tied(tied)
        .norm(NormPlace.HEAD, head.norm())
        .encoder(
            body.ends(
                fields,
                new HeadShape(head.transform(), activation, bias, vocabulary),
                new MaskedToken(vocabulary, SpecialTokens.UNKNOWN, 0)));
  }

  private static Decoder embeddings(EncoderBody body, ConfigFields fields) {
    Decoder network = body.blocks().apply(fields, body.name() + "Model");
    HeadShape none = HeadShape.plain(network.size().hidden());
    return network.encoder(body.ends(fields, none, new TextEmbedding()));
  }
}
