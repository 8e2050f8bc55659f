package org.llmsurgeon.pipeline;

import java.util.List;
import java.util.Map;

/**
 * What to compare.
 *
 * @param model model folder
 * @param calibration texts, or files of token windows, for all methods
 * @param test the same, for the perplexity
 * @param methods names of the methods
 * @param sparsities shares of the weights that are to be gone
 * @param options options of the recipe that are common to all methods, as structures and shots
 */
public record CompareRequest(
    String model,
    List<String> calibration,
    List<String> test,
    List<String> methods,
    List<Double> sparsities,
    Map<String, ?> options) {}
