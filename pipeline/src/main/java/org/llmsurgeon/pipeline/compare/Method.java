package org.llmsurgeon.pipeline.compare;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.llmsurgeon.InputException;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.pruning.baseline.UnitBaseline;
import org.llmsurgeon.pruning.structure.SelectionKind;
import org.llmsurgeon.surgery.catalog.CorrectionKind;
import org.llmsurgeon.surgery.catalog.CorrectionSettings;
import org.llmsurgeon.surgery.catalog.CurvatureSettings;
import org.llmsurgeon.surgery.catalog.ElementSettings;
import org.llmsurgeon.surgery.catalog.LayerSettings;
import org.llmsurgeon.surgery.catalog.RecoverySettings;
import org.llmsurgeon.surgery.catalog.StepSettings;
import org.llmsurgeon.surgery.catalog.StructureSettings;
import org.llmsurgeon.surgery.catalog.UpdateSettings;
import org.llmsurgeon.surgery.setting.Setting;
import org.llmsurgeon.surgery.setting.SettingValues;

/**
 * The methods that are compared. Most are recipes: a curvature, with or without updates. Of units
 * some are published scores, see {@link UnitBaseline}.
 */
enum Method {
  /** Squared weights; of units the sum over all of one. */
  MAGNITUDE(CurvatureKind.IDENTITY, true, UnitBaseline.MAGNITUDE),
  /**
   * Weights times the norms of their inputs, within rows; block by block, as published. Of units
   * Wanda-sp.
   */
  WANDA(CurvatureKind.ACTIVATIONS, true, UnitBaseline.WANDA),
  /** How active units are. */
  MINITRON(CurvatureKind.ACTIVATIONS, true, UnitBaseline.MINITRON),
  /** LLM-Pruner's first-order score of units. */
  TAYLOR(CurvatureKind.ACTIVATIONS, true, UnitBaseline.TAYLOR),
  /** How units fluctuate, with biases that make up for their means. */
  FLAP(CurvatureKind.ACTIVATIONS, true, UnitBaseline.FLAP),
  /** Column by column, with its own update; block by block, as published. */
  SPARSEGPT(CurvatureKind.ACTIVATIONS, false),
  /** Wanda, all blocks at once on what the dense model gives them. */
  WANDA_DENSE(CurvatureKind.ACTIVATIONS, true),
  /** SparseGPT, all blocks at once on what the dense model gives them. */
  SPARSEGPT_DENSE(CurvatureKind.ACTIVATIONS, false),
  /** The diagonal of the output error. */
  L_OBD(CurvatureKind.ACTIVATIONS, true),
  /** The diagonal of KFAC. */
  K_OBD(CurvatureKind.KFAC, true),
  /**
   * The output error, with updates; of units in the order of paths, which is what ZipLM does
   * (Kurtic et al., NeurIPS 2023, arXiv 2302.04089) without its search for the layers' shares.
   */
  OBS(CurvatureKind.ACTIVATIONS, false),
  /** KFAC, with updates; every structure is costed as if it went alone. */
  K_OBS(CurvatureKind.KFAC, false),
  /** KFAC, with updates. */
  SURGEON(CurvatureKind.KFAC, false);

  /** Options that make the other methods what they are, so are compared of the surgeon alone. */
  private static final List<Setting<?>> OF_SURGEON =
      List.of(CurvatureSettings.CURVATURE, UpdateSettings.UPDATE, LayerSettings.TRUST_REGION);

  private static final List<Setting<?>> OF_CORRECTION =
      List.of(
          CorrectionSettings.RANK,
          CorrectionSettings.EPOCHS,
          CorrectionSettings.SHARE,
          CorrectionSettings.FINAL_EPOCHS,
          CorrectionSettings.RATE,
          CorrectionSettings.BATCH);

  private static final List<Setting<?>> OF_RECOVERY =
      List.of(RecoverySettings.TOKENS, RecoverySettings.RATE, RecoverySettings.BATCH);

  private static final List<Setting<?>> OF_UPDATE =
      List.of(
          UpdateSettings.UPDATE,
          ElementSettings.UPDATE,
          ElementSettings.MOST_CORRELATED,
          ElementSettings.ADD_UPDATE);

  private final CurvatureKind curvature;
  private final boolean diagonal;
  private final UnitBaseline unitBaseline;

  Method(CurvatureKind curvature, boolean diagonal) {
    this(curvature, diagonal, null);
  }

  Method(CurvatureKind curvature, boolean diagonal, UnitBaseline unitBaseline) {
    this.curvature = curvature;
    this.diagonal = diagonal;
    this.unitBaseline = unitBaseline;
  }

  /** The name on the command line and in tables. */
  String optionName() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The score that it is.
   *
   * @param options of its recipe
   * @return null where it is none with these options
   */
  UnitBaseline baseline(SettingValues options) {
    return options.get(StructureSettings.STRUCTURES).coupled() ? unitBaseline : null;
  }

  /** Whether it is a score of units, and nothing else. */
  boolean unitsOnly() {
    return this == MINITRON || this == TAYLOR || this == FLAP;
  }

  /**
   * Whether it has a choice and an update of its own, layer by layer, in one shot.
   *
   * @param options of its recipe
   */
  boolean layerByLayer(SettingValues options) {
    return baseline(options) == null
        && (blockByBlock() || this == WANDA_DENSE || this == SPARSEGPT_DENSE);
  }

  /** Whether each block is pruned on what the pruned ones before it give. */
  boolean blockByBlock() {
    return this == WANDA || this == SPARSEGPT;
  }

  /** Whether its own update is SparseGPT's. */
  boolean sparseGpt() {
    return this == SPARSEGPT || this == SPARSEGPT_DENSE;
  }

  /**
   * Whether values of an option can be compared: what a method is by its definition stays.
   *
   * @param option the option
   * @param options of its recipe
   */
  boolean varies(Setting<?> option, SettingValues options) {
    if (option == StepSettings.SHOTS) {
      return !layerByLayer(options) && baseline(options) == null;
    }
    return OF_SURGEON.contains(option) ? this == SURGEON : !layerByLayer(options);
  }

  /**
   * The options of its recipe over those that are common to all methods; what does not go with its
   * curvature is left out.
   */
  SettingValues options(SettingValues common, double sparsity) {
    boolean scored = baseline(common) != null;
    SettingValues options =
        common.with(UpdateSettings.DIAGONAL, diagonal).with(StepSettings.SPARSITY, sparsity);
    if (this != SURGEON || !common.has(CurvatureSettings.CURVATURE)) {
      options =
          options.with(CurvatureSettings.CURVATURE, scored ? CurvatureKind.IDENTITY : curvature);
    }
    if (layerByLayer(common) || scored) {
      options = options.with(StepSettings.SHOTS, OptionalInt.of(1));
    }
    if (this == K_OBS) {
      options = options.with(StructureSettings.SELECTION, SelectionKind.SINGLE);
    }
    return options.without(idle(options));
  }

  /** What would do nothing, so would be refused. */
  private List<Setting<?>> idle(SettingValues options) {
    List<Setting<?>> idle = new ArrayList<>();
    if (options.get(CorrectionSettings.CORRECT) == CorrectionKind.NONE) {
      idle.addAll(OF_CORRECTION);
    }
    if (options.get(RecoverySettings.RECOVER) == CorrectionKind.NONE) {
      idle.addAll(OF_RECOVERY);
    }
    if (diagonal) {
      idle.addAll(OF_UPDATE);
    }
    CurvatureKind kind = options.get(CurvatureSettings.CURVATURE);
    if (!kind.ofLoss()) {
      idle.addAll(List.of(CurvatureSettings.FISHER, CurvatureSettings.FISHER_SAMPLES));
    }
    if (!kind.powerIteration()) {
      idle.add(CurvatureSettings.PASSES);
    }
    if (kind != CurvatureKind.KRONECKER_SUM) {
      idle.add(CurvatureSettings.RANK);
    }
    return idle;
  }

  /**
   * The method of this name.
   *
   * @throws InputException if there is none
   */
  static Method parse(String name) {
    return Arrays.stream(values())
        .filter(method -> method.optionName().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "There is no method '"
                        + name
                        + "'; choose from "
                        + Arrays.stream(values())
                            .map(Method::optionName)
                            .collect(Collectors.joining(", "))
                        + "."));
  }
}
