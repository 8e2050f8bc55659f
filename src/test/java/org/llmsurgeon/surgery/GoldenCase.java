package org.llmsurgeon.surgery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.llmsurgeon.SharedData;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;

/** A real model, its windows, and what the authors' program made of them. */
final class GoldenCase implements AutoCloseable {
  private final Path golden;
  private final Safetensors weights;
  final Device device;
  final ModelConfig config;
  final int[][] calibration;
  final int[][] test;
  final JsonNode expected;

  private GoldenCase(Device device, Path model, Path golden) throws IOException {
    this.device = device;
    this.golden = golden;
    ObjectMapper json = new ObjectMapper();
    Path configFile = model.resolve("config.json");
    config = Architectures.parse(json.readTree(configFile.toFile()), configFile.toString());
    weights = open(model.resolve("model.safetensors"));
    try (Safetensors tokens = open(golden.resolve("tokens.safetensors"))) {
      calibration = tokens.integers("calibration");
      test = tokens.integers("test");
    }
    expected = json.readTree(golden.resolve("expected.json").toFile());
  }

  static GoldenCase stories(Device device) throws IOException {
    return new GoldenCase(
        device, SharedData.path("models/stories260K/hf"), SharedData.path("golden/stories260k"));
  }

  static GoldenCase optChar(Device device) throws IOException {
    return new GoldenCase(
        device, SharedData.path("models/opt-char-gpt825K/hf"), SharedData.path("golden/optchar"));
  }

  static Safetensors open(Path file) throws IOException {
    return Safetensors.open(new LocalStorage().open(file.toString()));
  }

  WeightSource source() {
    return new WeightSource() {
      @Override
      public boolean contains(String name) {
        return weights.entries().containsKey(name);
      }

      @Override
      public int[] shape(String name) {
        return Arrays.stream(weights.entry(name).shape()).mapToInt(Math::toIntExact).toArray();
      }

      @Override
      public Tensor load(String name, Device target) {
        return weights.load(name, target);
      }
    };
  }

  /** A file of the golden folder. */
  Safetensors golden(String file) throws IOException {
    return open(golden.resolve(file));
  }

  double[] values(Safetensors file, String name) {
    try (Tensor tensor = file.load(name, device)) {
      return device.values(tensor);
    }
  }

  /** The expected result of a run. */
  JsonNode run(String name) {
    return expected.path("runs").path(name);
  }

  @Override
  public void close() throws IOException {
    weights.close();
    device.close();
  }
}
