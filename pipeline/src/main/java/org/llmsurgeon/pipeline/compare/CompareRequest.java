package org.llmsurgeon.pipeline.compare;

import java.util.List;
import java.util.Map;

/**
 * What to compare.
 *
 * @param model model folder
 * @param calibration texts, or files of token windows, for all methods
 * @param test the same, for the perplexity
 * @param output folder of the tables; runs that it holds already are not done again
 * @param overwrite whether runs with another model or other texts there may be thrown away
 * @param choices files of questions with several answers, which all models are asked; may be empty
 * @param runs which runs
 */
public record CompareRequest(
    String model,
    List<String> calibration,
    List<String> test,
    String output,
    boolean overwrite,
    List<String> choices,
    Runs runs) {
  /** Without questions. */
  public CompareRequest(
      String model,
      List<String> calibration,
      List<String> test,
      String output,
      boolean overwrite,
      Runs runs) {
    this(model, calibration, test, output, overwrite, List.of(), runs);
  }

  /**
   * Which runs: every method at every sparsity with every combination of the variants.
   *
   * @param methods names of the methods
   * @param sparsities shares of the weights that are to be gone
   * @param options options of the recipe that are common to all methods, as structures
   * @param variants options of which several values are compared: {@code shots}, {@code threshold},
   *     {@code reconstruct}, {@code correct} and {@code recover}, for all methods that know more
   *     than one value, and {@code curvature}, {@code update} and {@code trust-region}, for {@code
   *     surgeon}
   */
  public record Runs(
      List<String> methods,
      List<Double> sparsities,
      Map<String, ?> options,
      Map<String, List<String>> variants) {
    /** One value of each option. */
    public Runs(List<String> methods, List<Double> sparsities, Map<String, ?> options) {
      this(methods, sparsities, options, Map.of());
    }

    /** Copies what may be copied; an option may be null. */
    public Runs {
      methods = List.copyOf(methods);
      sparsities = List.copyOf(sparsities);
      variants = Map.copyOf(variants);
    }
  }
}
