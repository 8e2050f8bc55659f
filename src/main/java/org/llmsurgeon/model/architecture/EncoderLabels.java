package org.llmsurgeon.model.architecture;

import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.model.config.Classification;
import org.llmsurgeon.model.config.Ends.HeadShape;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.config.Regression;
import org.llmsurgeon.model.config.TextRow;
import org.llmsurgeon.model.fields.ConfigFields;

/**
 * Encoders that say labels: of texts, after a layer before them, or of tokens.
 *
 * @param body of the encoder
 * @param pooler layer before a text's labels
 * @param pooled its non-linearity
 */
record EncoderLabels(EncoderBody body, String pooler, Activation pooled) {
  /** What names of those of texts end with. */
  static final String TEXTS = "ForSequenceClassification";

  /** What names of those of tokens end with. */
  static final String TOKENS = "ForTokenClassification";

  private static final String ONE_LABEL = "single_label_classification";
  private static final String NUMBER = "regression";

  /** Where {@code vocab_size} is not said. */
  private static final int VOCABULARY = 30522;

  Decoder ofTexts(ConfigFields fields) {
    String classifier = body == EncoderBody.ROBERTA ? "classifier.out_proj" : "classifier";
    HeadShape head = new HeadShape(pooler, pooled, classifier + ".bias", labels(fields));
    return network(fields, TEXTS, classifier, head, objectiveOfTexts(fields));
  }

  Decoder ofTokens(ConfigFields fields) {
    HeadShape head = new HeadShape(null, null, "classifier.bias", labels(fields));
    return network(fields, TOKENS, "classifier", head, objectiveOfTokens(fields));
  }

  private Decoder network(
      ConfigFields fields, String task, String classifier, HeadShape head, Objective objective) {
    return body.blocks()
        .apply(fields, body.name() + task)
        .head(classifier + ".weight")
        .encoder(body.ends(fields, head, objective));
  }

  /** As transformers chooses the loss: one output is a number unless something else is said. */
  private Objective objectiveOfTexts(ConfigFields fields) {
    int labels = labels(fields);
    String problem = fields.text("problem_type", labels == 1 ? NUMBER : ONE_LABEL);
    if (!problem.equals(labels == 1 ? NUMBER : ONE_LABEL)) {
      throw fields.wrong(
          "problem_type",
          "\"%s\" for one output, or \"%s\" for several labels".formatted(NUMBER, ONE_LABEL));
    }
    return labels == 1
        ? new Regression(row(fields))
        : new Classification(labels, false, row(fields));
  }

  private Objective objectiveOfTokens(ConfigFields fields) {
    if (labels(fields) == 1) {
      throw fields.wrong("id2label", "two labels at least");
    }
    return new Classification(labels(fields), true, row(fields));
  }

  private TextRow row(ConfigFields fields) {
    return new TextRow(fields.size("vocab_size", VOCABULARY), body.kinds(fields));
  }

  private static int labels(ConfigFields fields) {
    return fields.entries("id2label", fields.size("num_labels", 2));
  }
}
