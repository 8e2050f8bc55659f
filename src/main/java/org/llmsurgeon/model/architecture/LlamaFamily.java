package org.llmsurgeon.model.architecture;

import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.llmsurgeon.model.config.AttentionStyle;
import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.model.config.ModelSize;
import org.llmsurgeon.model.fields.BlockFields;
import org.llmsurgeon.model.fields.ConfigFields;
import org.llmsurgeon.model.fields.RotaryFields;
import org.llmsurgeon.model.fields.Written;

/** Llama and the architectures that are Llama but for windows, positions or sizes of blocks. */
final class LlamaFamily {
  private static final String LLAMA = "LlamaForCausalLM";

  static final List<Architecture> ALL =
      List.of(
          new Family(
                  LLAMA,
                  "llama",
                  "Llama 2, 3, 3.1, 3.2, SmolLM 2, TinyLlama",
                  // Transformers' Llama has no windows, whatever the field says.
                  Set.of("sliding_window"),
                  LlamaFamily::llama)
              .with(Written.Trait.LLAMA_BLOCKS),
          new Family(
              "DeciLMForCausalLM",
              "nemotron-nas",
              "Llama-Nemotron and Llamas of different blocks",
              Set.of("block_configs", "sliding_window"),
              Written.of(LLAMA).with(Written.Trait.LLAMA_BLOCKS),
              LlamaFamily::nemotron),
          new Family(
              "MistralForCausalLM",
              "mistral",
              "Mistral 7B, NeMo, Small",
              Set.of("sliding_window"),
              LlamaFamily::mistral),
          new Family(
              "SmolLM3ForCausalLM",
              "smollm3",
              "SmolLM 3",
              Set.of("no_rope_layers", "sliding_window", "layer_types"),
              LlamaFamily::smollm3));

  private LlamaFamily() {}

  private static Decoder llama(ConfigFields fields) {
    return LlamaFields.biases(
        fields,
        LlamaFields.decoder(
            LLAMA, fields, new LlamaFields.Standard(32000, 4096, 11008, 32, 32, 0, 0, 2048), 1e-6));
  }

  private static Decoder nemotron(ConfigFields fields) {
    ModelSize plain =
        LlamaFields.size(fields, new LlamaFields.Standard(32000, 4096, 11008, 32, 32, 0, 0, 2048));
    List<BlockSize> blocks = BlockFields.ofNemotron(fields, plain.hidden(), plain.heads());
    int count = fields.blocks("num_hidden_layers", blocks.size());
    if (count != blocks.size()) {
      throw fields.contradiction(
          "\"num_hidden_layers\" is %d, but \"block_configs\" describes %d blocks"
              .formatted(count, blocks.size()));
    }
    ModelSize size = plain.of(blocks);
    Decoder decoder =
        new Decoder("DeciLMForCausalLM", size)
            .blocks(blocks)
            .rmsNorms(fields.positive("rms_norm_eps", 1e-6))
            .rotary(RotaryFields.read(fields, size))
            .activation(fields.activation("hidden_act", "silu"))
            .tied(fields.flag("tie_word_embeddings", false));
    return LlamaFields.biases(fields, decoder);
  }

  private static Decoder mistral(ConfigFields fields) {
    Decoder decoder =
        LlamaFields.decoder(
            "MistralForCausalLM",
            fields,
            new LlamaFields.Standard(32000, 4096, 14336, 32, 32, 8, 0, 4096 * 32),
            1e-6);
    int window = fields.isAbsent("sliding_window") ? 4096 : fields.size("sliding_window", 0);
    return decoder.layers(LlamaFields.window(fields.blocks("num_hidden_layers", 32), window));
  }

  private static Decoder smollm3(ConfigFields fields) {
    Decoder decoder =
        LlamaFields.decoder(
            "SmolLM3ForCausalLM",
            fields,
            new LlamaFields.Standard(128256, 2048, 11008, 36, 16, 4, 0, 32768),
            1e-6);
    int blocks = fields.blocks("num_hidden_layers", 36);
    int every = fields.size("no_rope_layer_interval", 4);
    List<Integer> rotated = fields.counts("no_rope_layers");
    int window = fields.flag("use_sliding_window", false) ? fields.size("sliding_window", 0) : 0;
    List<AttentionStyle.Layer> layers =
        LlamaFields.windows(fields, blocks, window, block -> !isRotated(rotated, block, every));
    return LlamaFields.biases(fields, decoder)
        .tied(fields.flag("tie_word_embeddings", true))
        .layers(
            IntStream.range(0, blocks)
                .mapToObj(
                    block ->
                        new AttentionStyle.Layer(
                            layers.get(block).window(), isRotated(rotated, block, every) ? 0 : -1))
                .toList());
  }

  private static boolean isRotated(List<Integer> rotated, int block, int every) {
    boolean listed = rotated != null && block < rotated.size();
    return listed ? rotated.get(block) != 0 : (block + 1) % every != 0;
  }
}
