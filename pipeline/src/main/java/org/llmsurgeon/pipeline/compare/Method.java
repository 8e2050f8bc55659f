package org.llmsurgeon.pipeline.compare;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.llmsurgeon.InputException;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.pruning.baseline.UnitBaseline;
import org.llmsurgeon.pruning.structure.SelectionKind;

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
  UnitBaseline baseline(Map<String, ?> options) {
    Object structures = options.get("structures");
    return structures == null || structures.equals("units") ? unitBaseline : null;
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
  boolean layerByLayer(Map<String, ?> options) {
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
   * @param option its name
   * @param options of its recipe
   */
  boolean varies(String option, Map<String, ?> options) {
    return switch (option) {
      case "shots" -> !layerByLayer(options) && baseline(options) == null;
      case "curvature", "update", "trust-region" -> this == SURGEON;
      default -> !layerByLayer(options);
    };
  }

  /**
   * The options of its recipe over those that are common to all methods; what does not go with its
   * curvature is left out.
   */
  Map<String, Object> options(Map<String, ?> common, double sparsity) {
    Map<String, Object> options = new LinkedHashMap<>(common);
    if (this != SURGEON || !common.containsKey("curvature")) {
      boolean scored = baseline(common) != null;
      options.put("curvature", (scored ? CurvatureKind.IDENTITY : curvature).optionName());
    }
    if (layerByLayer(common) || baseline(common) != null) {
      options.put("shots", 1);
    }
    if (this == K_OBS) {
      options.put("selection", SelectionKind.SINGLE.optionName());
    }
    if (String.valueOf(options.getOrDefault("correct", "none")).equals("none")) {
      options
          .keySet()
          .removeAll(
              List.of(
                  "rank",
                  "correct-epochs",
                  "correct-share",
                  "final-epochs",
                  "correct-rate",
                  "correct-batch"));
    }
    if (String.valueOf(options.getOrDefault("recover", "none")).equals("none")) {
      options.keySet().removeAll(List.of("recover-tokens", "recover-rate", "recover-batch"));
    }
    options.put("diagonal", diagonal);
    if (diagonal) {
      options
          .keySet()
          .removeAll(List.of("update", "element-update", "max-correlate", "add-update"));
    }
    options.put("sparsity", sparsity);
    CurvatureKind kind = CurvatureKind.parse(String.valueOf(options.get("curvature")));
    if (!kind.ofLoss()) {
      options.keySet().removeAll(List.of("fisher", "fisher-samples"));
    }
    if (!kind.powerIteration()) {
      options.remove("curvature-passes");
    }
    if (kind != CurvatureKind.KRONECKER_SUM) {
      options.remove("curvature-rank");
    }
    return options;
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
