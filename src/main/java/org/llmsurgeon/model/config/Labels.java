package org.llmsurgeon.model.config;

/** An objective of labels, of texts, tokens or images: they are counted, not only scored. */
interface Labels extends Objective {
  /** How many labels there are. */
  @Override
  int labels();

  @Override
  default String label() {
    return ObjectiveKind.CLASSIFICATION.optionName();
  }

  @Override
  default String metric() {
    return "accuracy";
  }

  /** {@code exp} of the mean cross-entropy of the labels. */
  @Override
  default double score(double[] losses) {
    return NEXT_TOKEN.score(losses);
  }
}
