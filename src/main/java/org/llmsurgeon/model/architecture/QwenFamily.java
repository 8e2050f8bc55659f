package org.llmsurgeon.model.architecture;

import java.util.List;
import java.util.Set;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.fields.ConfigFields;

/** Qwen 2, 2.5 and 3: windows that a second field switches on; biases, then norms, of queries. */
record QwenFamily(String name, String type, String models, boolean third) implements Architecture {
  static final List<Architecture> ALL =
      List.of(
          new QwenFamily("Qwen2ForCausalLM", "qwen2", "Qwen 2, Qwen 2.5", false),
          new QwenFamily("Qwen3ForCausalLM", "qwen3", "Qwen 3 (dense)", true));

  @Override
  public Set<String> knows() {
    return LlamaFields.WINDOWS;
  }

  @Override
  public ModelConfig read(ConfigFields fields) {
    Decoder decoder =
        LlamaFields.decoder(
            name,
            fields,
            new LlamaFields.Standard(151936, 4096, 22016, 32, 32, 32, third ? 128 : 0, 32768),
            1e-6);
    int blocks = fields.blocks("num_hidden_layers", 32);
    boolean sliding = fields.flag("use_sliding_window", false);
    int window = fields.isAbsent("sliding_window") ? 4096 : fields.size("sliding_window", 0);
    int from = fields.count("max_window_layers", 28);
    decoder.layers(
        LlamaFields.windows(fields, blocks, sliding ? window : 0, block -> block >= from));
    if (third) {
      boolean bias = fields.flag("attention_bias", false);
      decoder
          .biases(bias, bias, false)
          .queryKeyNorms("self_attn.q_norm", "self_attn.k_norm", false);
    } else {
      decoder.biases(true, false, false);
    }
    return decoder.config();
  }
}
