package org.llmsurgeon.pipeline.compare;

import java.util.List;
import java.util.stream.Stream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.surgery.catalog.CorrectionSettings;
import org.llmsurgeon.surgery.catalog.CurvatureSettings;
import org.llmsurgeon.surgery.catalog.LayerSettings;
import org.llmsurgeon.surgery.catalog.RecoverySettings;
import org.llmsurgeon.surgery.catalog.StepSettings;
import org.llmsurgeon.surgery.catalog.TargetQuantity;
import org.llmsurgeon.surgery.catalog.UpdateSettings;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.setting.Setting;
import org.llmsurgeon.surgery.setting.SettingValues;

/** Which runs a comparison has. */
final class ComparisonGrid {
  /** Options of which several values can be compared, the one that changes least first. */
  private static final List<Setting<?>> VARIED =
      List.of(
          StepSettings.SHOTS,
          LayerSettings.THRESHOLD,
          LayerSettings.TRUST_REGION,
          CurvatureSettings.CURVATURE,
          UpdateSettings.UPDATE,
          CorrectionSettings.RECONSTRUCT,
          CorrectionSettings.CORRECT,
          RecoverySettings.RECOVER);

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
    if (values(runs, StepSettings.SHOTS).contains(StepSettings.AUTO)) {
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
    SettingValues common = SettingValues.of(runs.options()).without(given());
    List<SettingValues> all = List.of(common);
    for (Setting<?> option : VARIED) {
      List<String> values = values(runs, option);
      if (method.varies(option, common) && !values.isEmpty()) {
        all =
            all.stream()
                .flatMap(each -> values.stream().map(value -> each.given(option, value)))
                .toList();
      }
    }
    return all.stream().map(each -> new Variant(method, method.options(each, sparsity)));
  }

  private List<Setting<?>> given() {
    return VARIED.stream().filter(each -> runs.variants().containsKey(each.name())).toList();
  }

  private static List<String> values(CompareRequest.Runs runs, Setting<?> option) {
    return runs.variants().getOrDefault(option.name(), List.of());
  }
}
