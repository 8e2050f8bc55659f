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
 * @param options options of the recipe that are common to all methods, as structures
 * @param variants options of which several values are compared: {@code shots}, for all methods that
 *     know more than one, {@code curvature} and {@code update}, for {@code surgeon}
 */
public record CompareRequest(
    String model,
    List<String> calibration,
    List<String> test,
    List<String> methods,
    List<Double> sparsities,
    Map<String, ?> options,
    Map<String, List<String>> variants) {
  /** One value of each option. */
  public CompareRequest(
      String model,
      List<String> calibration,
      List<String> test,
      List<String> methods,
      List<Double> sparsities,
      Map<String, ?> options) {
    this(model, calibration, test, methods, sparsities, options, Map.of());
  }

  /** Copies the variants. */
  public CompareRequest {
    variants = Map.copyOf(variants);
  }
}
