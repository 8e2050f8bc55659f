package org.llmsurgeon.pipeline.run;

/**
 * Wall-clock time of the stages of a shot, in seconds; of a stage that was resumed, its last part.
 *
 * @param tokenise making the windows; in the first shot only
 * @param accumulate forward and backward passes
 * @param reduce summing the shards
 * @param score costs of all structures, and the threshold
 * @param cut weight updates
 * @param evaluate perplexity after the shot
 */
public record StageSeconds(
    double tokenise, double accumulate, double reduce, double score, double cut, double evaluate) {}
