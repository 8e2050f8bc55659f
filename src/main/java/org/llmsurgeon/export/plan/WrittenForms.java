package org.llmsurgeon.export.plan;

import java.util.Set;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.model.config.ModelConfig;

/** Which smaller forms are written for which models. */
public final class WrittenForms {
  /** Architectures whose smaller forms were checked against their masked models. */
  private static final Set<String> SHRINK =
      Set.of(
          "LlamaForCausalLM",
          "DeciLMForCausalLM",
          "OPTForCausalLM",
          "MistralForCausalLM",
          "Qwen2ForCausalLM",
          "Qwen3ForCausalLM",
          "Phi3ForCausalLM",
          "GemmaForCausalLM",
          "Gemma2ForCausalLM",
          "Gemma3ForCausalLM",
          "GraniteForCausalLM",
          "Olmo2ForCausalLM",
          "SmolLM3ForCausalLM",
          "StableLmForCausalLM",
          "MixtralForCausalLM",
          "OlmoeForCausalLM",
          "Qwen2MoeForCausalLM",
          "Qwen3MoeForCausalLM",
          "BertForMaskedLM",
          "BertModel",
          "BertForSequenceClassification",
          "BertForTokenClassification",
          "RobertaForMaskedLM",
          "RobertaModel",
          "RobertaForSequenceClassification",
          "RobertaForTokenClassification",
          "DistilBertForMaskedLM",
          "DistilBertModel",
          "DistilBertForSequenceClassification",
          "DistilBertForTokenClassification");

  /** Those of them whose blocks Llama-Nemotron models have. */
  private static final Set<String> LLAMA = Set.of("LlamaForCausalLM", "DeciLMForCausalLM");

  private WrittenForms() {}

  /**
   * Throws where an architecture is not written in a form.
   *
   * @param asked the form
   * @param config the model
   * @param model its folder, for messages
   * @throws InputException naming another form
   */
  public static void require(Route asked, ModelConfig config, String model) {
    if (asked == Route.AUTO || asked == Route.ZEROS) {
      return;
    }
    String name = config.architecture();
    if (!SHRINK.contains(name)) {
      throw new InputException(
          "%s is of %s, which is written with zeros only; choose the form zeros."
              .formatted(model, name));
    }
    if (config.experts() != null && asked != Route.UNIFORM) {
      throw new InputException(
          "%s is of %s, whose experts have one width; choose the form uniform or zeros."
              .formatted(model, name));
    }
    if (asked == Route.NEMOTRON_NAS && !LLAMA.contains(name)) {
      throw new InputException(
          "%s is of %s, which has no form nemotron-nas; choose the form per-layer."
              .formatted(model, name));
    }
  }

  /** Whether a form that leaves something out is written for a model. */
  static boolean has(Route route, ModelConfig config) {
    return (route == Route.UNIFORM || config.experts() == null)
        && (route != Route.NEMOTRON_NAS || LLAMA.contains(config.architecture()));
  }

  /** Whether the forms that leave something out are written for a folder. */
  public static boolean anyFor(ModelFolder folder, ModelConfig config) {
    return SHRINK.contains(config.architecture())
        && !new NetworkTensors(folder, config).mergesExperts(config);
  }
}
