package org.llmsurgeon.surgery.catalog;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.llmsurgeon.pruning.structure.SparsitySchedule;
import org.llmsurgeon.surgery.setting.Need;
import org.llmsurgeon.surgery.setting.Setting;
import org.llmsurgeon.surgery.setting.SettingGroup;
import org.llmsurgeon.surgery.setting.SettingList;
import org.llmsurgeon.surgery.setting.SettingType;
import org.llmsurgeon.surgery.setting.SettingValues;

/** Options that say how much goes, and in how many shots. */
public final class StepSettings {
  static final SettingList ALL = new SettingList();

  /** The number of shots that follows from what is measured. */
  public static final String AUTO = "auto";

  private static final String SHARES = "shares above 0 and up to 1 that grow, as 0.1,0.2,0.35,0.5";

  private static final Need ADAPTIVE =
      Need.only("--shots auto", values -> values.get(StepSettings.SHOTS).isEmpty());
  private static final Need FIXED =
      Need.only("a fixed number of --shots", values -> values.get(StepSettings.SHOTS).isPresent());
  private static final Need UNLISTED =
      new Need(
          values -> !values.has(StepSettings.TARGETS),
          " and --targets contradict each other; give one.");

  /** How much is gone at the end. */
  public static final Setting<Double> SPARSITY =
      ALL.add(
          Setting.of(
                  "sparsity",
                  SettingType.share("a share above 0 and up to 1, as 0.5 for a half"),
                  SettingGroup.BASIC,
                  "Share that is gone at the end; never passed. Of the weights of the linear layers"
                      + " inside blocks, unless --target-of names something else.")
              .effect(
                  "Higher: a smaller model and a higher perplexity; the growth is steep above a"
                      + " third.")
              .follows(values -> values.has(StepSettings.TARGETS) ? lastTarget(values) : 0.5, "0.5")
              .needs(
                  new Need(
                      values ->
                          !values.has(StepSettings.TARGETS)
                              || values.get(StepSettings.SPARSITY) == lastTarget(values),
                      " is not the last of --targets; give --targets alone.")));

  /** What that is a share of. */
  public static final Setting<TargetQuantity> TARGET_OF =
      ALL.add(
          Setting.of(
                  "target-of",
                  SettingType.choice("QUANTITY", TargetQuantity::parse, TargetQuantity::optionName)
                      .among(TargetQuantity.values()),
                  SettingGroup.SCOPE,
                  "What --sparsity is a share of: weights (of the linear layers inside blocks),"
                      + " parameters (all of the model), bytes (of all parameters as stored), or"
                      + " multiply-adds (per token, of linear layers and head).")
              .effect(
                  "The same number asks for more or less: embeddings and head count among"
                      + " parameters and bytes, and never go.")
              .orElse(TargetQuantity.WEIGHTS));

  /** In how many shots; empty where that follows from what is measured. */
  public static final Setting<OptionalInt> SHOTS =
      ALL.add(
          Setting.of(
                  "shots",
                  SettingType.integerOr(AUTO),
                  SettingGroup.BASIC,
                  "Rounds of measuring and cutting; each removes an equal share. With auto each is"
                      + " as large as the last one's prediction of the loss was good.")
              .effect(
                  "More: less loss above some 10 %, since the curvature is measured on the way;"
                      + " time grows in proportion.")
              .follows(
                  values ->
                      OptionalInt.of(
                          values.has(StepSettings.TARGETS)
                              ? values.get(StepSettings.TARGETS).size()
                              : 10),
                  "10")
              .needs(
                  new Need(
                      values ->
                          !values.has(StepSettings.TARGETS)
                              || values.get(StepSettings.SHOTS).orElse(0)
                                  == values.get(StepSettings.TARGETS).size(),
                      " is not the number of --targets; give --targets alone."),
                  new Need(
                      values ->
                          values.get(StepSettings.SHOTS).isPresent()
                              || CurvatureSettings.ofLoss(values),
                      " auto needs predictions of the loss, which --curvature kfac gives; choose"
                          + " it, or give a number of shots."),
                  new Need(
                      values ->
                          values.get(StepSettings.SHOTS).isPresent()
                              || !values.get(CalibrationSettings.FRESH),
                      " auto compares the loss of the same windows from shot to shot, which"
                          + " --fresh-calibration changes; leave one of them out.")));

  /** The most shots, where their number is not fixed. */
  public static final Setting<Integer> MAX_SHOTS =
      ALL.add(
          Setting.of(
                  "max-shots",
                  SettingType.integer(1),
                  SettingGroup.STEPS,
                  "The most shots, with --shots auto.")
              .effect(
                  "Bounds the time of --shots auto; where it is reached the last shot is larger"
                      + " than it should be.")
              .orElse(40)
              .needs(UNLISTED, ADAPTIVE));

  /** How large shots are. */
  public static final Setting<SparsitySchedule> SCHEDULE =
      ALL.add(
          Setting.<SparsitySchedule>of(
                  "schedule",
                  SettingType.choice("NAME", SparsitySchedule::parse, SparsitySchedule::optionName)
                      .schema(Map.of("enum", List.of("linear", "cosine", "cubic"))),
                  SettingGroup.STEPS,
                  "How large the shots are: linear (equal steps), cosine (small at both ends), or"
                      + " cubic (large first).")
              .effect(
                  "cosine and cubic make the late shots small, where the loss grows fastest; try"
                      + " them where the report shows late shots that cost far more than early"
                      + " ones.")
              .orElse(new SparsitySchedule.Linear())
              .needs(UNLISTED, FIXED));

  /** Where each shot ends. */
  public static final Setting<List<Double>> TARGETS =
      ALL.add(
          Setting.of(
                  "targets",
                  SettingType.numbers("SHARES").that(SparsitySchedule.Listed::isAscending, SHARES),
                  SettingGroup.STEPS,
                  "What is to be gone after each shot, as 0.1,0.2,0.35,0.5; takes the place of"
                      + " --shots, --sparsity and --schedule.")
              .effect("As --shots and --schedule, step by step.")
              .orElse(List.of(), "none"));

  /** Where the model is kept on the way. */
  public static final Setting<List<Double>> SAVE_AT =
      ALL.add(
          Setting.of(
                  "save-at",
                  SettingType.shares("shares above 0 and up to --sparsity"),
                  SettingGroup.STEPS,
                  "Shares on the way at which the model is kept, as 0.1,0.2,0.3: a finished folder"
                      + " at-0.10 and so on inside the output, with its perplexity. Where no shot"
                      + " would end at one, there is a shot more that does.")
              .effect(
                  "The final result is that of a run whose shots end there too; one folder more for"
                      + " each share.")
              .orElse(List.of(), "none")
              .needs(
                  new Need(
                      values ->
                          values.get(StepSettings.SAVE_AT).stream()
                              .allMatch(save -> save <= values.get(SPARSITY)),
                      " has a share above --sparsity, which is never reached; leave it out.")));

  private StepSettings() {}

  private static double lastTarget(SettingValues values) {
    List<Double> targets = values.get(TARGETS);
    return targets.get(targets.size() - 1);
  }
}
