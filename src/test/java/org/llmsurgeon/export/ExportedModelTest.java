package org.llmsurgeon.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.export.plan.BlockWidth;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.export.survey.FolderWeights;
import org.llmsurgeon.export.verify.Verifier;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.architecture.Architectures.Supported;
import org.llmsurgeon.model.config.Experts;
import org.llmsurgeon.model.config.ModelConfig;

/** What was exported computes what the model with zeros computes, in every form. */
public class ExportedModelTest {
  /** Logits of a model in single against those of another form of it. */
  public static final double LOGITS = 2e-5;

  @TempDir Path folder;

  static List<ExportCase> cases() {
    return ExportCase.all();
  }

  /** Nemotron-NAS is a form of others, and is read, pruned and written again in its own tests. */
  @Test
  void everyArchitectureIsWrittenSmaller() {
    Set<String> written = new HashSet<>(Set.of("DeciLMForCausalLM"));
    cases().stream()
        .filter(each -> each.expected() != Route.ZEROS)
        .forEach(each -> written.add(each.model().get().path("architectures").path(0).asText()));
    assertThat(written)
        .containsAll(Architectures.supported().stream().map(Supported::architecture).toList());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void logitsAreThoseOfTheModelWithZeros(ExportCase each) throws IOException {
    try (Device device = CpuDevice.create()) {
      String masked = each.write(folder.resolve("masked"), DataType.F32, device);
      String smaller = folder.resolve("smaller").toString();
      Exporter.Exported done = export(masked, smaller, each.route(), device);
      assertThat(done.route()).isEqualTo(each.expected());
      assertThat(logits(smaller, device))
          .usingComparatorWithPrecision(LOGITS)
          .containsExactly(logits(masked, device));
      Verifier verifier = new Verifier(new LocalStorage(), device);
      assertThat(verifier.verify(masked, smaller, null, null).tokens()).isPositive();
      assertThat(bytes(smaller)).isLessThanOrEqualTo(bytes(masked));
      assertThat(Files.readString(folder.resolve("smaller/tokenizer.json")))
          .isEqualTo("{ \"any\":  1 }");
    }
  }

  @Test
  void whatWholeSublayersAddIsInTheBiasBeforeThem() throws IOException {
    try (Device device = CpuDevice.create()) {
      for (String name : List.of("OPT, sublayers, per-layer", "OPT, constants, per-layer")) {
        ExportCase each =
            cases().stream().filter(any -> any.toString().equals(name)).findFirst().orElseThrow();
        String masked = each.write(folder.resolve("masked " + name), DataType.F32, device);
        String smaller = folder.resolve("smaller " + name).toString();
        List<BlockWidth> widths = export(masked, smaller, Route.PER_LAYER, device).widths();
        assertThat(widths).containsExactly(new BlockWidth(0, 2, 2), new BlockWidth(12, 0, 0));
        try (ModelFolder open = ModelFolder.open(new LocalStorage(), smaller)) {
          assertThat(open.names())
              .noneMatch(tensor -> tensor.contains("layers.0.fc"))
              .noneMatch(tensor -> tensor.contains("layers.1.self_attn."));
        }
      }
    }
  }

  @Test
  void whatAFirstBlockAddsIsInTheTableOfPositions() throws IOException {
    try (Device device = CpuDevice.create()) {
      for (String name : List.of("OPT, first block, per-layer", "gpt2, first block, per-layer")) {
        ExportCase each =
            cases().stream().filter(any -> any.toString().equals(name)).findFirst().orElseThrow();
        String masked = each.write(folder.resolve("masked " + name), DataType.F32, device);
        String smaller = folder.resolve("smaller " + name).toString();
        assertThat(export(masked, smaller, Route.PER_LAYER, device).widths().get(0))
            .isEqualTo(new BlockWidth(0, 0, 0));
        assertThat(logits(smaller, device))
            .usingComparatorWithPrecision(LOGITS)
            .containsExactly(logits(masked, device));
        String again = smaller + " again";
        export(smaller, again, Route.PER_LAYER, device);
        assertThat(new Verifier(new LocalStorage(), device).verify(masked, again, null, null))
            .isNotNull();
      }
    }
  }

  @Test
  void mixturesOfExpertsHaveOneWidthOrZeros() throws IOException {
    try (Device device = CpuDevice.create()) {
      ExportCase each =
          cases().stream()
              .filter(any -> any.toString().equals("Mixtral, experts, auto"))
              .findFirst()
              .orElseThrow();
      String masked = each.write(folder.resolve("masked"), DataType.F32, device);
      String smaller = folder.resolve("smaller").toString();
      assertThat(export(masked, smaller, Route.AUTO, device).widths())
          .containsOnly(new BlockWidth(0, 4, 2, 8, 3));
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> export(masked, smaller + "-again", Route.INDEXED, device))
          .withMessageContaining(
              "whose experts have one width in a block; choose the form per-layer");
    }
  }

  @Test
  void expertsThatAreGoneAreLeftOutWithTheirRowsOfTheRouter() throws IOException {
    try (Device device = CpuDevice.create()) {
      ExportCase each =
          cases().stream()
              .filter(any -> any.toString().equals("Qwen3Moe, whole experts, auto"))
              .findFirst()
              .orElseThrow();
      String masked = each.write(folder.resolve("masked"), DataType.F32, device);
      String smaller = folder.resolve("smaller").toString();
      assertThat(export(masked, smaller, Route.AUTO, device).widths())
          .containsExactly(new BlockWidth(0, 4, 2, 16, 2), new BlockWidth(0, 2, 1, 8, 1));
      try (ModelFolder open = ModelFolder.open(new LocalStorage(), smaller)) {
        assertThat(open.shape("model.layers.0.mlp.gate.weight")).startsWith(2);
        assertThat(open.shape("model.layers.1.mlp.gate.weight")).startsWith(1);
        assertThat(open.names())
            .contains("model.layers.0.mlp.experts.1.up_proj.weight")
            .doesNotContain("model.layers.0.mlp.experts.2.up_proj.weight");
        assertThat(open.config().has(Experts.EMPTY_GONE)).isFalse();
      }
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> export(masked, smaller + "-zeros", Route.ZEROS, device))
          .withMessageContaining("which the form zeros cannot say; choose the form auto");
      String again = smaller + "-again";
      export(smaller, again, Route.PER_LAYER, device);
      Verifier verifier = new Verifier(new LocalStorage(), device);
      assertThat(verifier.verify(masked, again, null, null).tokens()).isPositive();
    }
  }

  @Test
  void aBlockKeepsAsManyExpertsAsATokenGoesThrough() throws IOException {
    try (Device device = CpuDevice.create()) {
      ObjectNode json = TinyDecoders.mixtures().get("Mixtral").put(Experts.EMPTY_GONE, true);
      MaskedFolder masked = new MaskedFolder(json, 7).expert(0, 0).expert(0, 2);
      String path = masked.write(folder.resolve("masked").toString(), DataType.F32, device);
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> export(path, path + "-smaller", Route.AUTO, device))
          .withMessageContaining("keeps 1 experts in block 0, and each token goes through 2");
    }
  }

  @Test
  void aSmallerFolderIsExportedAgain() throws IOException {
    try (Device device = CpuDevice.create()) {
      ExportCase heads =
          ExportCase.all().stream()
              .filter(each -> each.toString().equals("Llama, heads, per-layer"))
              .findFirst()
              .orElseThrow();
      String masked = heads.write(folder.resolve("masked"), DataType.F32, device);
      String smaller = folder.resolve("smaller").toString();
      export(masked, smaller, Route.PER_LAYER, device);
      for (Route route : Route.values()) {
        String again = folder.resolve("again-" + route).toString();
        if (route == Route.UNIFORM || route == Route.NEMOTRON_NAS) {
          assertThatExceptionOfType(InputException.class)
              .isThrownBy(() -> export(smaller, again, route, device))
              .withMessageContaining("has blocks of different sizes")
              .withMessageContaining("choose the form per-layer");
        } else {
          export(smaller, again, route, device);
          Verifier verifier = new Verifier(new LocalStorage(), device);
          assertThat(verifier.verify(masked, again, null, null).tokens()).isPositive();
        }
      }
    }
  }

  public static Exporter.Exported export(String from, String to, Route route, Device device)
      throws IOException {
    try (ModelFolder source = ModelFolder.open(new LocalStorage(), from)) {
      return new Exporter(source, device).write(route, new LocalStorage(), to);
    }
  }

  /** Tokens, or an image. */
  static int[] window(ModelConfig config) {
    return config.readsImages()
        ? Verifier.sample(config, 1)[0]
        : new Random(1).ints(9, 0, 11).toArray();
  }

  static double[] logits(String path, Device device) {
    try (LanguageModel model = FolderWeights.model(new LocalStorage(), path, device);
        Tensor logits = model.logits(window(model.config()))) {
      return device.values(logits);
    }
  }

  static long bytes(String path) throws IOException {
    try (ModelFolder source = ModelFolder.open(new LocalStorage(), path)) {
      return Footprint.of(source).bytes();
    }
  }
}
