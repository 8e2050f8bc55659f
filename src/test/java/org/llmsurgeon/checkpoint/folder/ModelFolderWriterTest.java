package org.llmsurgeon.checkpoint.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.TinyFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;

class ModelFolderWriterTest {
  @TempDir Path folder;
  private final Storage storage = new LocalStorage();
  private final Device device = new ReferenceDevice();

  private Path in() {
    return folder.resolve("in");
  }

  private Path out() {
    return folder.resolve("out");
  }

  private TinyFolder tiny() {
    return new TinyFolder(storage, in().toString(), device);
  }

  private void write(Set<String> replaced, TensorSource tensors) throws IOException {
    try (ModelFolder source = ModelFolder.open(storage, in().toString())) {
      new ModelFolderWriter(source, storage, out().toString()).write(replaced, tensors, device);
    }
  }

  @Test
  void withNothingReplacedEveryFileIsTheSameByteForByte() throws IOException {
    tiny().sharded();
    write(
        Set.of(),
        name -> {
          throw new AssertionError(name);
        });
    assertThat(storage.list(out().toString())).isEqualTo(storage.list(in().toString()));
    for (String name : storage.list(in().toString())) {
      assertThat(out().resolve(name)).hasSameBinaryContentAs(in().resolve(name));
    }
  }

  @Test
  void replacedTensorsAreWrittenInTheirDtypeAndTheRestIsKept() throws IOException {
    tiny().sharded();
    double[] values = new double[15];
    values[3] = 1 + 0x1p-8 + 0x1p-40;
    values[4] = -0.5;
    List<String> asked = new ArrayList<>();
    write(
        Set.of("m.weight", "a.weight"),
        name -> {
          asked.add(name);
          return device.tensor(Precision.DOUBLE, 3, 5, values);
        });
    assertThat(asked).containsExactly("a.weight", "m.weight");
    try (ModelFolder before = ModelFolder.open(storage, in().toString());
        ModelFolder after = ModelFolder.open(storage, out().toString())) {
      assertThat(after.names()).isEqualTo(before.names());
      for (String name : before.names()) {
        assertThat(after.entry(name)).isEqualTo(before.entry(name));
      }
      assertThat(loaded(after, "a.weight")[3]).as("BF16").isEqualTo(1 + 0x1p-7);
      assertThat(loaded(after, "m.weight")[3]).as("F32").isEqualTo((float) values[3]);
      assertThat(loaded(after, "z.weight")).isEqualTo(loaded(before, "z.weight"));
      for (String file : before.identity().keySet()) {
        assertThat(Files.mismatch(in().resolve(file), out().resolve(file)) >= 0)
            .as(file)
            .isEqualTo(file.endsWith(".safetensors"));
      }
    }
    String index = "model.safetensors.index.json";
    assertThat(out().resolve(index)).hasSameBinaryContentAs(in().resolve(index));
  }

  private double[] loaded(ModelFolder model, String name) {
    try (Tensor tensor = model.load(name, device)) {
      return device.values(tensor);
    }
  }

  @Test
  void companionsAreCopiedAndOldWeightsAreNot() throws IOException {
    tiny()
        .text("config.json", "{}")
        .weights("model.safetensors", Map.of("w", DataType.F16))
        .text("model.safetensors.index.json", "stale")
        .text("tokenizer.model", "\0\1\2")
        .text("vocab.json", "{}")
        .text("merges.txt", "")
        .text("generation_config.json", "{}")
        .text("chat_template.jinja", "x")
        .text("pytorch_model.bin", "old")
        .text("pytorch_model.bin.index.json", "old")
        .text("consolidated.safetensors", "old")
        .text("consolidated.00.pth", "old")
        .text("tf_model.h5", "old")
        .text("flax_model.msgpack", "old")
        .text("model.onnx", "old")
        .text("model.gguf", "old")
        .text("pruning_report.json", "old")
        .text(".gitattributes", "hidden")
        .text("onnx/model.txt", "in a folder");
    write(Set.of(), name -> null);
    assertThat(storage.list(out().toString()))
        .containsExactly(
            "chat_template.jinja",
            "config.json",
            "generation_config.json",
            "merges.txt",
            "model.safetensors",
            "tokenizer.model",
            "vocab.json");
    assertThat(Files.exists(out().resolve("onnx"))).isFalse();
  }

  @Test
  void tensorsAreClosedOneAfterTheOther() throws IOException {
    try (Device cpu = CpuDevice.create()) {
      tiny().sharded();
      List<Tensor> given = new ArrayList<>();
      try (ModelFolder source = ModelFolder.open(storage, in().toString())) {
        new ModelFolderWriter(source, storage, out().toString())
            .write(
                Set.of("z.weight", "m.weight"),
                name -> {
                  given.forEach(each -> assertClosed(cpu, each));
                  given.add(cpu.zeros(Precision.SINGLE, 3, 5));
                  return given.get(given.size() - 1);
                },
                cpu);
      }
      assertThat(given).hasSize(2).allSatisfy(each -> assertClosed(cpu, each));
    }
  }

  private static void assertClosed(Device cpu, Tensor tensor) {
    assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> cpu.values(tensor));
  }

  @Test
  void unknownNamesAndNonFiniteValuesAreRefused() throws IOException {
    tiny().sharded();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> write(Set.of("none"), name -> null))
        .withMessageContaining("none");
    assertThatExceptionOfType(ArithmeticException.class)
        .isThrownBy(
            () ->
                write(
                    Set.of("a.weight"),
                    name -> {
                      double[] values = new double[15];
                      values[14] = Double.NaN;
                      return device.tensor(Precision.SINGLE, 3, 5, values);
                    }))
        .withMessageContaining("a.weight")
        .withMessageContaining("[2, 4]");
  }
}
