package org.llmsurgeon.export.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.TinyTokenizers;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.export.MaskedFolder;

class GgufTokenizerTest {
  private static final Device DEVICE = CpuDevice.create();

  @TempDir Path folder;

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  @Test
  void byteLevelPairsHaveTheNameOfTheirSplitting() throws IOException {
    Map<String, Object> file = write(TinyTokenizers.byteLevel(), "{}");
    assertThat(file)
        .containsEntry("tokenizer.ggml.model", "gpt2")
        .containsEntry("tokenizer.ggml.pre", "gpt-2")
        .containsEntry("tokenizer.ggml.eos_token_id", 269L)
        .containsEntry("tokenizer.ggml.add_bos_token", false);
    assertThat(list(file, "merges")).hasSize(13).startsWith("t h", "th e");
    assertThat(list(file, "tokens")).hasSize(300).contains("<|end|>", "[PAD299]");
    assertThat(list(file, "token_type").subList(268, 271)).containsExactly(1L, 3L, 5L);
    assertThat(write(TinyTokenizers.digits(), "{}")).containsEntry("tokenizer.ggml.pre", "smollm");
    ObjectNode llama3 = TinyTokenizers.llama3();
    assertThat(write(llama3, "{}")).containsEntry("tokenizer.ggml.pre", "dbrx");
    ((ObjectNode) llama3.get("model")).put("ignore_merges", true);
    assertThat(write(llama3, "{}")).containsEntry("tokenizer.ggml.pre", "llama-bpe");
  }

  @Test
  void scoresOfMarkedPairsFallWithTheirMerges() throws IOException {
    Map<String, Object> file = write(TinyTokenizers.marked(), "{}");
    assertThat(file)
        .containsEntry("tokenizer.ggml.model", "llama")
        .containsEntry("tokenizer.ggml.add_space_prefix", true)
        .containsEntry("tokenizer.ggml.add_bos_token", true)
        .containsEntry("tokenizer.ggml.bos_token_id", 1L)
        .containsEntry("tokenizer.ggml.unknown_token_id", 0L);
    List<Object> tokens = list(file, "tokens");
    List<Object> scores = list(file, "scores");
    assertThat(scores.get(tokens.indexOf("th"))).isEqualTo(0.0);
    assertThat(scores.get(tokens.indexOf("the"))).isEqualTo(-1.0);
    assertThat(scores.get(tokens.indexOf("in"))).isEqualTo(-7.0);
    List<Object> types = list(file, "token_type");
    assertThat(types.subList(0, 4)).containsExactly(2L, 3L, 3L, 6L);
    assertThat(Collections.frequency(types, 6L)).isEqualTo(256);
    assertThat(write(TinyTokenizers.metaspace(), "{}"))
        .containsEntry("tokenizer.ggml.add_space_prefix", true);
  }

  @Test
  void whatLlamaCppCannotSayIsRefused() {
    refuses(TinyTokenizers.prefixSpace(), "{}", "splits text in a way");
    ObjectNode unigram = TinyTokenizers.byteLevel();
    ((ObjectNode) unigram.get("model")).put("type", "Unigram");
    refuses(unigram, "{}", "is no byte pair encoding");
    ObjectNode lower = TinyTokenizers.byteLevel();
    lower.putObject("normalizer").put("type", "Lowercase");
    refuses(lower, "{}", "normalises text");
    ObjectNode parts = TinyTokenizers.marked();
    ArrayNode merges = (ArrayNode) parts.get("model").get("merges");
    merges.remove(0);
    refuses(parts, "{}", "does not merge all parts of 'th'");
    ObjectNode order = TinyTokenizers.marked();
    ((ObjectNode) order.get("model").get("vocab")).put("he", 299);
    ((ArrayNode) order.get("model").get("merges")).add("h e").add("t he");
    refuses(order, "{}", "merges in an order that scores cannot say");
    refuses(TinyTokenizers.byteLevel(), "{'eos_token_id': null}", "which token ends a text");
    refuses(TinyTokenizers.byteLevel(), "{'vocab_size': 20}", "but the model has 20");
  }

  private void refuses(ObjectNode tokenizer, String changes, String message) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> write(tokenizer, changes))
        .withMessageContaining(message);
  }

  private Map<String, Object> write(ObjectNode tokenizer, String changes) throws IOException {
    Path model = Files.createTempDirectory(folder, "model");
    Files.delete(model);
    new MaskedFolder(GgufFolder.json(changes), 1).write(model.toString(), DataType.F32, DEVICE);
    Files.writeString(model.resolve("tokenizer.json"), tokenizer.toString());
    return GgufContent.read(GgufFolder.gguf(model, GgufType.F32, DEVICE)).values();
  }

  @SuppressWarnings("unchecked")
  private static List<Object> list(Map<String, Object> file, String name) {
    return (List<Object>) file.get("tokenizer.ggml." + name);
  }
}
