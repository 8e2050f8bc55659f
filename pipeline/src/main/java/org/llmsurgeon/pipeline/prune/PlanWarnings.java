package org.llmsurgeon.pipeline.prune;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.pruning.structure.SparsityPattern;
import org.llmsurgeon.surgery.recipe.Recipe;

/** What a plan says that its maker may not have meant; a run goes on all the same. */
final class PlanWarnings {
  private static final String MORE_TEXT =
      "windows, by --sequences or a longer --context where they are of text";

  private PlanWarnings() {}

  /**
   * All that is to be said of a plan, for the report of its run: what {@link #of} says, and what
   * was said while its windows were drawn.
   *
   * @param plan what is to be done
   * @param config the model
   */
  static List<String> withWindows(RunPlan plan, ModelConfig config) {
    RunPlan.Windows windows = plan.windows();
    List<String> warnings = new ArrayList<>();
    overlap(windows.calibration(), "calibration", 1 + windows.fresh().size(), warnings);
    overlap(windows.recovery(), "recovery", 1, warnings);
    overlap(windows.test(), "test", 1, warnings);
    warnings.addAll(of(plan, config));
    return warnings;
  }

  private static void overlap(WindowsFile file, String name, int sets, List<String> warnings) {
    if (file != null) {
      file.overlap(name, sets).ifPresent(warnings::add);
    }
  }

  /**
   * Sentences about a plan.
   *
   * @param plan what is to be done
   * @param config the model
   */
  static List<String> of(RunPlan plan, ModelConfig config) {
    List<String> warnings = new ArrayList<>();
    Recipe recipe = plan.recipe();
    if (plan.windows().calibration() != null && recipe.curvature().kind().needsData()) {
      fewTokens(plan.windows().calibration().tokens(), config, warnings);
      fewTokensOfExperts(plan.windows().calibration().tokens(), config, warnings);
    }
    recipe
        .structures()
        .zeroPattern()
        .ifPresent(pattern -> partPattern(pattern, plan.share(), warnings));
    test(plan, config, warnings);
    return warnings;
  }

  private static void test(RunPlan plan, ModelConfig config, List<String> warnings) {
    WindowsFile test = plan.windows().test();
    if (test == null) {
      warnings.add(
          config.readsImages()
              ? "No test images are given, so nothing is measured; give --test with images that are"
                  + " not in the calibration data."
              : "No test text is given, so perplexity is not measured; give --test with text that"
                  + " is not in the calibration data.");
    } else if (plan.testIsHeldOut()) {
      warnings.add(config.readsImages() ? heldOutImages(test) : heldOutText(test));
    }
  }

  private static String heldOutText(WindowsFile test) {
    return String.format(
        Locale.ROOT,
        "No test text is given: perplexity is measured on the last %,d tokens of the calibration"
            + " text, which are not calibrated on; give --test with text like that of the model's"
            + " use.",
        test.tokens());
  }

  private static String heldOutImages(WindowsFile test) {
    return String.format(
        Locale.ROOT,
        "No test images are given: accuracy is measured on %,d of the calibration images, drawn by"
            + " the seed, which are not calibrated on; give --test with images like those of the"
            + " model's use.",
        test.windows());
  }

  /** Fewer tokens than inputs leave directions of which nothing is known but the damping. */
  private static void fewTokens(long tokens, ModelConfig config, List<String> warnings) {
    LinearShape widest = config.linears().get(0);
    for (LinearShape each : config.linears()) {
      widest = each.inputs() > widest.inputs() ? each : widest;
    }
    if (tokens < widest.inputs()) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "The calibration data has %,d tokens, fewer than the %,d inputs of %s: its curvature"
                  + " is known in part only; give more %s.",
              tokens,
              widest.inputs(),
              widest.name(),
              config.readsImages() ? "images, by --sequences" : MORE_TEXT));
    }
  }

  /** Experts see a part of the tokens each, on average as many as go to it if all are alike. */
  private static void fewTokensOfExperts(long tokens, ModelConfig config, List<String> warnings) {
    for (LinearShape each : config.linears()) {
      int experts = config.blocks().get(each.block()).experts().size();
      if (each.ofExpert() && tokens * config.experts().perToken() / experts < each.inputs()) {
        warnings.add(
            String.format(
                Locale.ROOT,
                "Each of the %,d experts of a block gets %,d of the %,d calibration tokens on"
                    + " average, fewer than the %,d inputs of %s: its curvature is known in part"
                    + " only; give more %s.",
                experts,
                tokens * config.experts().perToken() / experts,
                tokens,
                each.inputs(),
                each.name(),
                MORE_TEXT));
        return;
      }
    }
  }

  /** A layer is of use to hardware only where all of its groups have the pattern. */
  private static void partPattern(SparsityPattern pattern, double share, List<String> warnings) {
    double whole = (double) pattern.removed() / pattern.size();
    if (share < whole - 1e-9) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "At a sparsity of %.3f only %.0f %% of the groups become %d:%d, and hardware takes a"
                  + " layer only where all of its groups are; give --sparsity %s for all.",
              share,
              100 * share / whole,
              pattern.kept(),
              pattern.size(),
              whole));
    }
  }
}
