package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of data that a network has no use for is refused by {@code plan} too. */
class UnusedDataOptionsTest {
  @TempDir private Path folder;

  private CommandRun plan(String architecture, String type, String... options) throws IOException {
    Path config = folder.resolve("config.json");
    String content =
        """
        {"architectures": ["%s"], "model_type": "%s", "vocab_size": 64, "hidden_size": 16,
         "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24,
         "max_position_embeddings": 32, "type_vocab_size": 2, "hidden_act": "%s",
         "layer_norm_eps": 1e-12, "rms_norm_eps": 1e-6, "image_size": 8, "patch_size": 4,
         "num_channels": 3, "pad_token_id": 0, "id2label": {"0": "A", "1": "B", "2": "C"}}
        """
            .formatted(architecture, type, type.equals("llama") ? "silu" : "gelu");
    Files.writeString(config, content, StandardCharsets.UTF_8);
    List<String> words = new ArrayList<>(List.of("plan", "--model", config.toString()));
    words.addAll(List.of(options));
    return CommandRun.of(words.toArray(String[]::new));
  }

  private void refused(CommandRun run, String sentence) {
    assertThat(run.err()).contains("surgeon: " + sentence);
    assertThat(run.code()).isEqualTo(2);
  }

  @Test
  void whatLabelsOrPairsWouldNeed() throws IOException {
    refused(
        plan("LlamaForCausalLM", "llama", "--label-column", "stars"),
        "--label-column stars names a column of labelled data, and the objective next-token needs"
            + " no labels; leave it out.");
    refused(
        plan("LlamaForCausalLM", "llama", "--text-column", "a,b"),
        "--text-column a,b names two columns, and the objective next-token reads one; name that.");
    refused(
        plan("BertForTokenClassification", "bert", "--text-column", "words,tags"),
        "--text-column words,tags names two columns, and the objective classification of words"
            + " reads one; name that.");
    refused(
        plan("ViTForImageClassification", "vit", "--text-column", "a,b"),
        "--text-column a,b names two columns, and the objective classification reads one; name"
            + " that.");
    String[] pair = {"--text-column", "a,b", "--label-column", "c"};
    assertThat(plan("BertForSequenceClassification", "bert", pair).code()).isZero();
  }

  @Test
  void whatLabelledDataHasNoPlacesFor() throws IOException {
    String why = " draws from text, and labelled data is drawn example by example; leave it out.";
    String[] bytes = {"--draw", "bytes"};
    refused(plan("BertForSequenceClassification", "bert", bytes), "--draw bytes" + why);
    refused(plan("ViTForImageClassification", "vit", bytes), "--draw bytes" + why);
    assertThat(plan("LlamaForCausalLM", "llama", bytes).code()).isZero();
  }

  @Test
  void aColumnTwice() throws IOException {
    refused(
        plan("BertForSequenceClassification", "bert", "--text-column", "a,a"),
        "--text-column a,a names a column twice; name it once.");
    refused(
        plan("BertForSequenceClassification", "bert", "--text-column", "a", "--label-column", "a"),
        "--text-column a and --label-column a are the same column; name that of the label and that"
            + " of the text.");
  }

  /** As of a variable of a shell that is empty: all layers would go in silence. */
  @Test
  void noWordAtAll() throws IOException {
    for (String option : List.of("include", "exclude", "limit", "text-column")) {
      for (String nothing : List.of("", " ")) {
        refused(
            plan("LlamaForCausalLM", "llama", "--" + option + "=" + nothing),
            "The option '%s' is '%s'; give a name, or leave it out.".formatted(option, nothing));
      }
    }
  }
}
