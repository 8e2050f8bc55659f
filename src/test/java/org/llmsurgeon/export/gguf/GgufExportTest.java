package org.llmsurgeon.export.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.export.MaskedFolder;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;

class GgufExportTest {
  private static final Map<LinearRole, String> NAMES = new LinkedHashMap<>();
  private static final Device DEVICE = CpuDevice.create();

  static {
    NAMES.put(LinearRole.QUERY, "attn_q");
    NAMES.put(LinearRole.KEY, "attn_k");
    NAMES.put(LinearRole.VALUE, "attn_v");
    NAMES.put(LinearRole.OUTPUT, "attn_output");
    NAMES.put(LinearRole.GATE, "ffn_gate");
    NAMES.put(LinearRole.UP, "ffn_up");
    NAMES.put(LinearRole.DOWN, "ffn_down");
  }

  @TempDir Path folder;

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  static List<GgufFolder> folders() {
    return GgufFolder.all();
  }

  @ParameterizedTest
  @MethodSource("folders")
  void layersAreThoseOfTheFolder(GgufFolder each) throws IOException {
    Path model = each.write(folder.resolve("model"), DEVICE);
    GgufContent file = GgufContent.read(GgufFolder.gguf(model, GgufType.F32, DEVICE));
    assertThat(file.values()).containsEntry("general.architecture", each.architecture());
    try (ModelFolder source = ModelFolder.open(new LocalStorage(), model.toString())) {
      ModelConfig config = Architectures.parse(source.config(), "config.json");
      for (LinearShape shape : config.linears()) {
        String name = "blk." + shape.block() + "." + NAMES.get(shape.role());
        int dimension = isTurned(shape) ? config.headDimension() : 0;
        double[] weight = values(source, shape.weightName());
        assertThat(file.tensors().get(name + ".weight").numbers())
            .as(name)
            .containsExactly(turned(weight, shape.inputs(), dimension));
        if (shape.bias()) {
          assertThat(file.tensors().get(name + ".bias").numbers())
              .as(name)
              .containsExactly(turned(values(source, shape.biasName()), 1, dimension));
        }
      }
      assertThat(file.tensors().get("token_embd.weight").numbers())
          .containsExactly(values(source, "model.embed_tokens.weight"));
      assertThat(file.tensors().get("output_norm.weight").numbers())
          .containsExactly(values(source, "model.norm.weight"));
      assertThat(file.tensors().containsKey("output.weight")).isEqualTo(!config.tiedHead());
      for (int block = 0; block < 2; block++) {
        assertSizes(file, each.architecture(), block, config.blocks().get(block));
      }
    }
  }

  private static boolean isTurned(LinearShape shape) {
    return shape.role() == LinearRole.QUERY || shape.role() == LinearRole.KEY;
  }

  /** Row {@code 2 j + s} of a head is row {@code s d / 2 + j} of the checkpoint's. */
  private static double[] turned(double[] rows, int columns, int dimension) {
    double[] out = rows.clone();
    for (int from = 0; dimension > 0 && from < rows.length / columns; from += dimension) {
      for (int j = 0; j < dimension / 2; j++) {
        for (int s = 0; s < 2; s++) {
          int source = from + s * dimension / 2 + j;
          System.arraycopy(rows, source * columns, out, (from + 2 * j + s) * columns, columns);
        }
      }
    }
    return out;
  }

  private static double[] values(ModelFolder source, String name) {
    try (Tensor tensor = source.load(name, DEVICE)) {
      return DEVICE.values(tensor);
    }
  }

  /** A part that llama.cpp needs and the model has not is there in zeros, which add nothing. */
  private static void assertSizes(GgufContent file, String key, int block, BlockSize size) {
    long heads = number(file, key + ".attention.head_count", block);
    long neurons = number(file, key + ".feed_forward_length", block);
    assertThat(heads).isEqualTo(block == 0 ? Math.max(1, size.queryHeads()) : size.queryHeads());
    boolean needed = heads > 0 || block == 1;
    assertThat(neurons).isEqualTo(needed ? Math.max(1, size.width()) : size.width());
    assertThat(number(file, key + ".attention.head_count_kv", block))
        .isEqualTo(heads > 0 ? Math.max(1, size.keyValueHeads()) : 0);
    Map<String, GgufContent.Read> tensors = file.tensors();
    if (heads > 0 && size.queryHeads() == 0) {
      assertThat(tensors.get("blk." + block + ".attn_output.weight").numbers()).containsOnly(0);
    }
    if (neurons > 0 && size.width() == 0) {
      assertThat(tensors.get("blk." + block + ".ffn_down.weight").numbers()).containsOnly(0);
    }
  }

  private static long number(GgufContent file, String key, int block) {
    Object value = file.values().get(key);
    return (Long) (value instanceof List<?> list ? list.get(block) : value);
  }

  @ParameterizedTest
  @CsvSource({"F16, 1, 5e-4", "BF16, 30, 4e-3", "Q8_0, 8, 8e-3"})
  void matricesHaveTheTypeAskedFor(GgufType type, int code, double error) throws IOException {
    String wide = "{'hidden_size': 32, 'intermediate_size': 64, 'head_dim': 8}";
    GgufFolder each = new GgufFolder("wide", wide, m -> {}, Route.ZEROS, "");
    Path model = each.write(folder.resolve("model"), DEVICE);
    GgufContent exact = GgufContent.read(GgufFolder.gguf(model, GgufType.F32, DEVICE));
    GgufContent file = GgufContent.read(GgufFolder.gguf(model, type, DEVICE));
    exact
        .tensors()
        .forEach(
            (name, tensor) -> {
              GgufContent.Read read = file.tensors().get(name);
              assertThat(read.type()).as(name).isEqualTo(tensor.shape().size() == 1 ? 0 : code);
              for (int i = 0; i < read.numbers().length; i++) {
                // Relative to the largest of a block, which is about 1.
                assertThat(read.numbers()[i]).isCloseTo(tensor.numbers()[i], within(error));
              }
            });
  }

  private static Offset<Double> within(double error) {
    return Offset.offset(error);
  }

  @Test
  void rowsThatDoNotFillBlocksAreInHalfPrecision() throws IOException {
    Path model = GgufFolder.all().get(0).write(folder.resolve("model"), DEVICE);
    GgufContent file = GgufContent.read(GgufFolder.gguf(model, GgufType.Q8_0, DEVICE));
    assertThat(file.tensors().get("blk.0.ffn_down.weight").type()).isEqualTo(1);
  }

  @Test
  void otherNetworksAreRefused() {
    refuses(TinyModels.optJson(), "is of OPTForCausalLM");
    refuses(GgufFolder.json("{'hidden_act': 'gelu'}"), "has the activation GELU");
    refuses(
        GgufFolder.json(
            "{'rope_scaling': {'rope_type': 'yarn', 'factor': 2.0,"
                + " 'original_max_position_embeddings': 16}}"),
        "scales its positions by length or scores");
  }

  private void refuses(ObjectNode json, String message) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(
            () -> {
              Path model = folder.resolve(message.replace(' ', '-'));
              new MaskedFolder(json, 1).write(model.toString(), DataType.F32, DEVICE);
              GgufFolder.gguf(model, GgufType.F32, DEVICE);
            })
        .withMessageContaining(message)
        .withMessageContaining("leave the GGUF file out");
  }

  @Test
  void valuesBeyondATypeAreRefused() throws IOException {
    GgufFolder large =
        new GgufFolder(
            "large",
            GgufFolder.PLAIN,
            each -> each.scale("model.embed_tokens.weight", 1e6),
            Route.ZEROS,
            "llama");
    Path model = large.write(folder.resolve("model"), DEVICE);
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> GgufFolder.gguf(model, GgufType.F16, DEVICE))
        .withMessageContaining("model.embed_tokens.weight has a value that F16 cannot hold");
    assertThat(Files.size(GgufFolder.gguf(model, GgufType.BF16, DEVICE))).isPositive();
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> GgufType.parse("Q4_0"))
        .withMessageContaining("choose one of F32, F16, BF16, Q8_0");
  }
}
