package org.llmsurgeon.pipeline.compare;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.Sha256;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.files.Json;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pruning.baseline.UnitBaseline;
import org.llmsurgeon.pruning.layer.UpdateKind;
import org.llmsurgeon.surgery.catalog.CurvatureSettings;
import org.llmsurgeon.surgery.catalog.ThresholdScope;
import org.llmsurgeon.surgery.choose.BaselinePath;
import org.llmsurgeon.surgery.choose.ElementChoice;
import org.llmsurgeon.surgery.choose.Reachability;
import org.llmsurgeon.surgery.operate.BaselineLayer;
import org.llmsurgeon.surgery.recipe.CorrectionRule;
import org.llmsurgeon.surgery.recipe.ObjectiveCheck;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.recipe.TargetShare;
import org.llmsurgeon.surgery.setting.SettingValues;

/**
 * A method with one value of each option.
 *
 * @param method the method
 * @param options all options of its recipe; they may not go together
 */
record Variant(Method method, SettingValues options) {
  private static final int KEY_DIGITS = 16;

  /**
   * How it prunes.
   *
   * @throws InputException if the options do not go together
   */
  Recipe recipe() {
    return Recipe.of(options);
  }

  /**
   * The same with the curvature that everything goes with: what is wrong in it is wrong for all.
   *
   * @throws InputException if an option has no meaning
   */
  Recipe withProduct() {
    return Recipe.of(
        options
            .without(List.of(CurvatureSettings.PASSES, CurvatureSettings.RANK))
            .with(CurvatureSettings.CURVATURE, CurvatureKind.KFAC));
  }

  /** The score that it is; null where it is none. */
  UnitBaseline baseline() {
    return method.baseline(options);
  }

  /** Whether it has a choice and an update of its own, layer by layer, in one shot. */
  boolean layerByLayer() {
    return method.layerByLayer(options);
  }

  /**
   * Whether it puts something into biases that a model does not have.
   *
   * @param config the model
   */
  boolean needsBiases(ModelConfig config) {
    return baseline() != null
        && baseline().compensates()
        && config.linears().stream().anyMatch(layer -> isLast(layer) && !layer.bias());
  }

  /** Whether a layer ends an attention or an MLP. */
  static boolean isLast(LinearShape layer) {
    return layer.role() == LinearRole.OUTPUT || layer.role() == LinearRole.DOWN;
  }

  /**
   * Why it cannot run on a model, where that is known before it does.
   *
   * @param dense the model
   * @return one sentence; empty where nothing stands against it
   */
  Optional<String> refusal(ModelWeights dense) {
    try {
      Recipe recipe = recipe();
      if (method.unitsOnly() && baseline() == null) {
        throw new InputException(
            method.optionName()
                + " scores units; give --structures units, or leave it out of --methods.");
      }
      if (baseline() != null) {
        BaselinePath.requireKnown(recipe.structures());
        if (dense.config().linears().stream().anyMatch(LinearShape::ofExpert)) {
          throw new InputException(
              method.optionName()
                  + " scores no units of a mixture of experts; leave it out of --methods.");
        }
        if (needsBiases(dense.config())) {
          new BiasedFolder(dense).requirePossible();
        }
      }
      if (layerByLayer()) {
        share(recipe, dense);
        BaselineLayer.sparsity(recipe);
        new ElementChoice(dense.config().linears(), recipe).requireFits();
      } else {
        recipe.requirePrunable();
        ObjectiveCheck.require(recipe, dense.config());
        new Reachability(dense.config(), recipe).require(share(recipe, dense));
      }
      return Optional.empty();
    } catch (InputException refused) {
      return Optional.of(refused.getMessage());
    }
  }

  /**
   * Share of the prunable weights that goes.
   *
   * @throws InputException if a pattern names no layer
   */
  static double share(Recipe recipe, ModelWeights dense) {
    return new TargetShare(dense.config(), dense::bytesOfNumber).of(recipe);
  }

  /**
   * A name that equal runs share and others do not; the recipe must be right.
   *
   * @param asked what else is asked of it
   */
  String key(Map<String, ?> asked) {
    Map<String, Object> settings = new LinkedHashMap<>(recipe().options());
    settings.putAll(asked);
    return key(method.optionName(), settings);
  }

  /**
   * A name that equal settings share and others do not.
   *
   * @param name how it begins
   * @param settings plain values, in a fixed order
   */
  static String key(String name, Object settings) {
    String text = name + new String(Json.bytes(settings), StandardCharsets.UTF_8);
    return name + "-" + Sha256.of(text).substring(0, KEY_DIGITS);
  }

  /** The run that failed. */
  ComparedRun failed(ComparedRun.Failure failure) {
    return new ComparedRun(way(), ComparedRun.Outcome.NONE, failure);
  }

  /** The run that came to its end. */
  ComparedRun done(ComparedRun.Outcome outcome) {
    return new ComparedRun(way(), outcome, null);
  }

  /** What is done. */
  ComparedRun.Way way() {
    Recipe recipe = withProduct();
    return new ComparedRun.Way(
        method.optionName(),
        curvature(),
        update(recipe),
        recipe.goal().sparsity(),
        recipe.shots(),
        threshold(recipe),
        after(recipe));
  }

  private String threshold(Recipe recipe) {
    if (recipe.layers().alone() || layerByLayer()) {
      return ThresholdScope.LAYER.optionName();
    }
    return ThresholdScope.GLOBAL.optionName() + (recipe.selection().trusted() ? "+trust" : "");
  }

  private String curvature() {
    return baseline() == null
        ? options.get(CurvatureSettings.CURVATURE).optionName()
        : switch (baseline().needs()) {
          case NOTHING -> CurvatureKind.IDENTITY.optionName();
          case STATISTICS -> CurvatureKind.ACTIVATIONS.optionName();
          case GRADIENTS -> "gradients";
        };
  }

  private static String after(Recipe recipe) {
    CorrectionRule rule = recipe.correction();
    List<String> steps = new ArrayList<>();
    if (rule.reconstruct()) {
      steps.add("reconstruct");
    }
    if (rule.isWanted()) {
      steps.add(rule.kind().optionName());
    }
    if (recipe.recovery().isWanted()) {
      steps.add("recover-" + recipe.recovery().kind().optionName());
    }
    return steps.isEmpty() ? "none" : String.join("+", steps);
  }

  private String update(Recipe recipe) {
    if (baseline() != null) {
      return baseline().compensates() ? "bias" : UpdateKind.NONE.optionName();
    }
    if (layerByLayer()) {
      return method.sparseGpt() ? "own" : UpdateKind.NONE.optionName();
    }
    boolean elements = recipe.structures().sparse();
    return elements && recipe.update() != UpdateKind.NONE
        ? String.valueOf(recipe.options().get("element-update"))
        : recipe.update().optionName();
  }
}
