package org.llmsurgeon.export.verify;

/**
 * What a comparison of two models that should compute the same came to.
 *
 * @param tokens how many tokens were looked at
 * @param tolerance largest difference of a logit that is let pass
 * @param agreement as this program computes
 * @param transformers as the transformers library computes; null where it was not asked
 */
public record Verification(
    int tokens, double tolerance, Agreement agreement, Agreement transformers) {}
