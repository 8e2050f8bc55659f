package org.llmsurgeon.export.plan;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.llmsurgeon.Choice;

/** In which form a model with zeros is written. */
public enum Route {
  /** The most compact one that loads in most programs; see {@link ExportPlanner}. */
  AUTO,
  /** All sizes as they were, zeros where weights are gone, and the mask as a file. */
  ZEROS,
  /** Equal sizes in all blocks: a plain {@code config.json}. */
  UNIFORM,
  /**
   * Sizes of each block, under {@code per_layer_config}, with a modelling file for transformers.
   */
  PER_LAYER,
  /**
   * Sizes of each block, as Llama-Nemotron models have them ({@code block_configs}): vLLM and
   * llama.cpp know these, transformers by a modelling file.
   */
  NEMOTRON_NAS,
  /**
   * Rows and columns of each matrix that are not zero, and vectors that say which they are, with a
   * modelling file for transformers that gathers before and scatters after.
   */
  INDEXED;

  /** The name on the command line, in recipes and in reports. */
  public String optionName() {
    return Choice.name(this);
  }

  /** Programs that load a folder of this form, and in brackets what that takes. */
  public List<String> loadsIn() {
    return switch (this) {
      case AUTO -> List.of();
      case ZEROS, UNIFORM -> List.of("transformers", "vLLM", "whatever loads the dense model");
      case NEMOTRON_NAS ->
          List.of("transformers (trust_remote_code=True)", "vLLM (trust_remote_code=True)");
      case PER_LAYER ->
          List.of(
              "transformers (trust_remote_code=True)",
              "vLLM (trust_remote_code=True, model_impl=\"transformers\")");
      case INDEXED -> List.of("transformers (trust_remote_code=True)");
    };
  }

  /**
   * The form in which a model is written that keeps the sizes of its blocks: its own.
   *
   * @param config its {@code config.json}
   */
  public static Route ofSameSizes(JsonNode config) {
    if (config.has(ConfigFiles.BLOCKS)) {
      return NEMOTRON_NAS;
    }
    return config.has(ConfigFiles.PER_LAYER) ? PER_LAYER : ZEROS;
  }

  /**
   * The route of this name.
   *
   * @param name for example {@code per-layer}
   * @throws org.llmsurgeon.InputException if there is none, listing the choices
   */
  public static Route parse(String name) {
    return Choice.parse("export", name, values());
  }
}
