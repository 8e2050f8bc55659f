package org.llmsurgeon.pipeline.compare;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.llmsurgeon.InputException;
import org.llmsurgeon.curvature.CurvatureKind;

/** The methods that are compared. All but two are recipes: a curvature, with or without updates. */
enum Method {
  /** Squared weights. */
  MAGNITUDE(CurvatureKind.IDENTITY, true),
  /** Weights times the norms of their inputs, within rows; block by block, as published. */
  WANDA(CurvatureKind.ACTIVATIONS, true),
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
  /** The output error, with updates. */
  OBS(CurvatureKind.ACTIVATIONS, false),
  /** KFAC, with updates. */
  SURGEON(CurvatureKind.KFAC, false);

  private final CurvatureKind curvature;
  private final boolean diagonal;

  Method(CurvatureKind curvature, boolean diagonal) {
    this.curvature = curvature;
    this.diagonal = diagonal;
  }

  /** The name on the command line and in tables. */
  String optionName() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Whether it has a choice and an update of its own, layer by layer, in one shot. */
  boolean layerByLayer() {
    return blockByBlock() || this == WANDA_DENSE || this == SPARSEGPT_DENSE;
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
   */
  boolean varies(String option) {
    return option.equals("shots") ? !layerByLayer() : this == SURGEON;
  }

  /**
   * The options of its recipe over those that are common to all methods; what does not go with its
   * curvature is left out.
   */
  Map<String, Object> options(Map<String, ?> common, double sparsity) {
    Map<String, Object> options = new LinkedHashMap<>(common);
    if (this != SURGEON || !common.containsKey("curvature")) {
      options.put("curvature", curvature.optionName());
    }
    if (layerByLayer()) {
      options.put("shots", 1);
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
