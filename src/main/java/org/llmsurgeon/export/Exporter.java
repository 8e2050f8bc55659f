package org.llmsurgeon.export;

import java.util.List;
import java.util.Set;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.EditedFolderWriter;
import org.llmsurgeon.checkpoint.safetensors.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.ModelFolderWriter;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;

/** Writes a model with zeros as a smaller one. */
public final class Exporter {
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
          "Qwen3MoeForCausalLM");

  /** Those of them whose blocks Llama-Nemotron models have. */
  private static final Set<String> LLAMA = Set.of("LlamaForCausalLM", "DeciLMForCausalLM");

  private final ModelFolder folder;
  private final ModelConfig config;
  private final Device device;

  /**
   * The export of a model.
   *
   * @param folder the model, with zeros where weights are gone
   * @param device reads the weights
   */
  public Exporter(ModelFolder folder, Device device) {
    this.folder = folder;
    this.config = Architectures.parse(folder.config(), folder.configPath());
    this.device = device;
  }

  /**
   * What an export did.
   *
   * @param route the form, never {@link Route#AUTO}
   * @param widths of all blocks
   */
  public record Exported(Route route, List<BlockWidth> widths) {}

  /**
   * Throws where an architecture is not written in a form.
   *
   * @param asked the form
   * @param config the model
   * @param model its folder, for messages
   * @throws InputException naming another form
   */
  public static void requireForm(Route asked, ModelConfig config, String model) {
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
  static boolean hasForm(Route route, ModelConfig config) {
    return (route == Route.UNIFORM || config.experts() == null)
        && (route != Route.NEMOTRON_NAS || LLAMA.contains(config.architecture()));
  }

  /** Whether the forms that leave something out are written for a folder. */
  static boolean canShrink(ModelFolder folder, ModelConfig config) {
    return SHRINK.contains(config.architecture())
        && !new NetworkTensors(folder, config).mergesExperts(config);
  }

  private Exported asItIs() {
    return new Exported(Route.ZEROS, new ConfigFiles(folder, config).widthsAsTheyAre());
  }

  private void requireZeros(Route asked) {
    if (asked != Route.AUTO && asked != Route.ZEROS) {
      throw new InputException(
          "%s stores the experts of a block in one tensor; save it with transformers, which stores them one by one, or choose the form zeros."
              .formatted(folder.path()));
    }
  }

  /**
   * Leaves the model as it is, and writes the mask beside it where single weights are gone.
   *
   * @param storage where the model is
   */
  public Exported keep(Storage storage) {
    if (!canShrink(folder, config)) {
      return asItIs();
    }
    ExportPlanner planner = new ExportPlanner(folder, config, device);
    if (planner.singleWeightsAreGone()) {
      MaskFile.write(folder, config, storage, folder.path(), device);
    }
    return new Exported(Route.ZEROS, planner.plan(Route.ZEROS).widths());
  }

  /**
   * Writes the smaller model. Nothing is left out that is not zero or constant; constants are added
   * to a bias.
   *
   * @param asked the form
   * @param storage where to
   * @param path a folder that holds none of the files; publish it when it has been verified
   * @throws org.llmsurgeon.InputException where the architecture has no such form
   */
  public Exported write(Route asked, Storage storage, String path) {
    requireForm(asked, config, folder.path());
    if (!canShrink(folder, config)) {
      requireZeros(asked);
      new ModelFolderWriter(folder, storage, path).write(Set.of(), name -> null, device);
      return asItIs();
    }
    ExportPlanner planner = new ExportPlanner(folder, config, device);
    ExportPlan plan = planner.plan(asked);
    if (plan.edits().isEmpty() && plan.files().isEmpty()) {
      new ModelFolderWriter(folder, storage, path).write(Set.of(), name -> null, device);
    } else {
      new EditedFolderWriter(folder, storage, path).write(plan.edits(), plan.files(), device);
    }
    if (plan.route() == Route.ZEROS && planner.singleWeightsAreGone()) {
      MaskFile.write(folder, config, storage, path, device);
    }
    return new Exported(plan.route(), plan.widths());
  }
}
