package org.llmsurgeon.pipeline.compare;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.surgery.catalog.TargetQuantity;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Which runs a comparison has. */
final class ComparisonGrid {
  /** Options of which several values can be compared, the one that changes least first. */
  private static final List<String> VARIED =
      List.of(
          "shots",
          "threshold",
          "trust-region",
          "curvature",
          "update",
          "reconstruct",
          "correct",
          "recover");

  private final CompareRequest.Runs runs;

  private ComparisonGrid(CompareRequest.Runs runs) {
    this.runs = runs;
  }

  /**
   * All runs, sparsity by sparsity, the methods and values in the order in which they are named,
   * each once. Some may have options that do not go together.
   *
   * @param runs what is asked for
   * @throws InputException if a method or a value is unknown, or wrong whatever the method
   */
  static List<Variant> of(CompareRequest.Runs runs) {
    if (runs.variants().getOrDefault("shots", List.of()).contains("auto")) {
      throw new InputException(
          "compare takes numbers of --shots only, no auto: give one or several, as 1,5.");
    }
    ComparisonGrid grid = new ComparisonGrid(runs);
    List<Method> methods = runs.methods().stream().map(Method::parse).toList();
    List<Variant> all =
        runs.sparsities().stream()
            .flatMap(each -> methods.stream().flatMap(method -> grid.variants(method, each)))
            .distinct()
            .toList();
    all.forEach(each -> check(each.withProduct()));
    return all;
  }

  private static void check(Recipe recipe) {
    if (recipe.pace().adaptive() || recipe.goal().of() != TargetQuantity.WEIGHTS) {
      throw new InputException("compare takes a number of --shots and shares of the weights only.");
    }
  }

  /** Every combination of the values that are to be compared. */
  private Stream<Variant> variants(Method method, double sparsity) {
    Map<String, Object> common = new LinkedHashMap<>(runs.options());
    common.keySet().removeAll(runs.variants().keySet());
    List<Map<String, Object>> all = List.of(common);
    for (String option : VARIED) {
      List<String> values = runs.variants().getOrDefault(option, List.of());
      if (method.varies(option, common) && !values.isEmpty()) {
        all =
            all.stream().flatMap(each -> values.stream().map(v -> with(each, option, v))).toList();
      }
    }
    return all.stream().map(each -> new Variant(method, method.options(each, sparsity)));
  }

  private static Map<String, Object> with(Map<String, Object> all, String option, String value) {
    Map<String, Object> more = new LinkedHashMap<>(all);
    more.put(option, value);
    return more;
  }
}
