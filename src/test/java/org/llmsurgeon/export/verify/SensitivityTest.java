package org.llmsurgeon.export.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.export.MaskedFolder;
import org.llmsurgeon.export.survey.FolderWeights;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;

class SensitivityTest {
  @TempDir Path folder;

  /** What is let pass is more where the last bits of the weights do more. */
  @Test
  void aModelThatMakesMuchOfLittleIsNotRefusedForItsLogits() throws IOException {
    try (Device device = CpuDevice.create()) {
      MaskedFolder model = new MaskedFolder(TinyModels.llamaJson(), 2);
      for (int block = 0; block < 2; block++) {
        model.scale("model.layers." + block + ".self_attn.q_proj.weight", 300);
        model.scale("model.layers." + block + ".self_attn.o_proj.weight", 10);
        model.scale("model.layers." + block + ".mlp.down_proj.weight", 300);
      }
      String a = model.write(folder.resolve("a").toString(), DataType.F32, device);
      String b = model.write(folder.resolve("b").toString(), DataType.F32, device);
      LocalStorage storage = new LocalStorage();
      int[][] windows = Verifier.sample(model.config(), 0);
      assertThat(Sensitivity.of(storage, a, windows, device)).isBetween(1e-4, 1e-2);
      for (int seed = 0; difference(a, b, windows, device) < 2e-4; seed++) {
        moveLastBits(Path.of(b), seed);
      }
      assertThat(difference(a, b, windows, device)).isLessThan(4e-3);
      // Only the weights say then that the other model is another
      assertThatThrownBy(() -> new Verifier(storage, device).verify(a, b, windows, null))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("differs in row");
    }
  }

  @Test
  void aSteadyModelIsAsStrictlyComparedAsBefore() throws IOException {
    try (Device device = CpuDevice.create()) {
      MaskedFolder model = new MaskedFolder(TinyModels.llamaJson(), 2);
      String a = model.write(folder.resolve("a").toString(), DataType.F32, device);
      int[][] windows = Verifier.sample(model.config(), 0);
      assertThat(Sensitivity.of(new LocalStorage(), a, windows, device)).isBetween(1e-8, 1e-5);
    }
  }

  private static double difference(String a, String b, int[][] windows, Device device) {
    double most = 0;
    try (LanguageModel first = FolderWeights.model(new LocalStorage(), a, device);
        LanguageModel second = FolderWeights.model(new LocalStorage(), b, device)) {
      for (int[] window : windows) {
        float[] ofA = Verifier.logits(first, window);
        float[] ofB = Verifier.logits(second, window);
        for (int i = 0; i < ofA.length; i++) {
          most = Math.max(most, Math.abs(ofA[i] - ofB[i]));
        }
      }
    }
    return most;
  }

  private static void moveLastBits(Path model, int seed) throws IOException {
    Random random = new Random(seed);
    List<Path> files;
    try (Stream<Path> all = Files.list(model)) {
      files = all.filter(each -> each.toString().endsWith(".safetensors")).sorted().toList();
    }
    for (Path file : files) {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      for (int at = 8 + Math.toIntExact(bytes.getLong(0)); at < bytes.capacity(); at += 4) {
        float value = bytes.getFloat(at);
        bytes.putFloat(at, random.nextBoolean() ? Math.nextUp(value) : Math.nextDown(value));
      }
      Files.write(file, bytes.array());
    }
  }
}
