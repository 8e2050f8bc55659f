package org.llmsurgeon.export.plan;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.llmsurgeon.model.config.ModelConfig;

/**
 * How an architecture's {@code config.json}, and its classes in the transformers library, name what
 * a smaller form changes.
 *
 * @param base what names of its classes begin with, for example {@code Llama}
 * @param task what the name of its class ends with, for example {@code ForCausalLM}
 * @param neurons field of the number of neurons
 * @param heads field of the number of query heads
 * @param groups field of the number of key and value heads; null where they are as many
 * @param headsAsTheyWere whether the architecture's own code cannot have fewer heads than it was
 *     made with
 * @param encoder whether it is an encoder
 */
public record ConfigNames(
    String base,
    String task,
    String neurons,
    String heads,
    String groups,
    boolean headsAsTheyWere,
    boolean encoder) {
  /**
   * Architectures whose code derives the width of a head, or of its rotated part, from the number
   * of heads.
   */
  private static final Set<String> WHOLE = Set.of("OPT", "Phi3", "StableLm", "GPT2", "GPTNeoX");

  private static final String CAUSAL = "ForCausalLM";

  /** What GPT-2 calls the same. */
  private static final String LM_HEAD = "LMHeadModel";

  /** Another head of DeiT, for its teacher: the same class finds both. */
  private static final String WITH_TEACHER = "WithTeacher";

  private static final List<String> TASKS =
      List.of(
          CAUSAL,
          LM_HEAD,
          "ForMaskedLM",
          "ForSequenceClassification",
          "ForTokenClassification",
          "ForImageClassification",
          "ForImageClassification" + WITH_TEACHER,
          "Model");

  /**
   * The names of an architecture.
   *
   * @param config the network
   */
  public static ConfigNames of(ModelConfig config) {
    String name = config.architecture().replace("DeciLM", "Llama");
    Optional<String> known = TASKS.stream().filter(name::endsWith).findFirst();
    String task = known.orElse("");
    String base = name.substring(0, name.length() - task.length());
    boolean encoder = !config.attention().causal();
    if (base.equals("DistilBert")) {
      return new ConfigNames(base, task, "hidden_dim", "n_heads", null, true, true);
    }
    if (base.equals("GPT2")) {
      return new ConfigNames(base, task, "n_inner", "n_head", null, true, false);
    }
    boolean opt = base.equals("OPT");
    boolean grouped = !opt && !encoder && !base.equals("GPTNeoX");
    return new ConfigNames(
        base,
        task,
        opt ? "ffn_dim" : "intermediate_size",
        "num_attention_heads",
        grouped ? "num_key_value_heads" : null,
        encoder || WHOLE.contains(base) || config.attention().wholeNorms(),
        encoder);
  }

  /** Whether the width of an expert has a field of its own, beside that of all neurons. */
  boolean ownExpertWidth() {
    return base.startsWith("Qwen");
  }

  /** Field of the number of experts, where a configuration does not spell it. */
  String experts() {
    return base.equals("Mixtral") ? "num_local_experts" : "num_experts";
  }

  /** Name of its class. */
  String architecture() {
    return base + task;
  }

  /** The class of transformers that finds its class. */
  public String auto() {
    return switch (task) {
      case "Model" -> "AutoModel";
      case LM_HEAD -> "AutoModel" + CAUSAL;
      default -> "AutoModel" + task.replace(WITH_TEACHER, "");
    };
  }
}
