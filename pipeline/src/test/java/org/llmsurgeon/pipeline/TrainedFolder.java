package org.llmsurgeon.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.surgery.correct.AdamOptions;
import org.llmsurgeon.surgery.correct.Trainer;
import org.llmsurgeon.surgery.correct.TrainerOptions;
import org.llmsurgeon.surgery.correct.TrainerSchedule;

/** Tiny models that were trained from random weights, as folders. */
final class TrainedFolder {
  private static final int BATCH = 8;
  private static final AdamOptions ADAM = new AdamOptions(0.9, 0.99, 1e-8, 0, 1);

  private TrainedFolder() {}

  /**
   * Trains a model and writes it.
   *
   * @param json its configuration
   * @param windows what it is trained on
   * @param steps how long, eight windows each
   * @param rate highest learning rate
   * @param folder where to
   */
  static Path write(ObjectNode json, int[][] windows, int steps, double rate, Path folder)
      throws IOException {
    return write(json, UnaryOperator.identity(), windows, steps, rate, folder);
  }

  /**
   * As {@link #write(ObjectNode, int[][], int, double, Path)}.
   *
   * @param as what other files of the folder say of the network
   */
  static Path write(
      ObjectNode json,
      UnaryOperator<ModelConfig> as,
      int[][] windows,
      int steps,
      double rate,
      Path folder)
      throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("config.json"), json.toString());
    ModelConfig config = as.apply(Architectures.parse(json, "config.json"));
    Device device = ExecutorDevice.shared();
    try (LanguageModel model =
        LanguageModel.load(config, new Gains(TinyModels.weights(config, 1)).writable(), device)) {
      TrainerSchedule schedule = new TrainerSchedule(rate, steps / 10, steps);
      TrainerOptions options = new TrainerOptions(BATCH, 1, schedule, ADAM, 1);
      new Trainer(model, options).train(windows, step -> {});
      save(model, config, device, folder.resolve("model.safetensors").toString());
    }
    return folder;
  }

  /** Random weights in which the gains of norms are 1. */
  private record Gains(WeightSource random) implements WeightSource {
    @Override
    public boolean contains(String name) {
      return random.contains(name);
    }

    @Override
    public int[] shape(String name) {
      return random.shape(name);
    }

    @Override
    public Tensor load(String name, Device device) {
      Tensor tensor = random.load(name, device);
      if (name.toLowerCase(Locale.ROOT).endsWith("norm.weight")) {
        double[] ones = new double[Math.toIntExact(tensor.size())];
        Arrays.fill(ones, 1);
        device.upload(ones, 0, tensor, 0, ones.length);
      }
      return tensor;
    }
  }

  private static void save(LanguageModel model, ModelConfig config, Device device, String file)
      throws IOException {
    Map<String, int[]> shapes = LanguageModel.tensors(config);
    SafetensorsLayout layout = new SafetensorsLayout().metadata("format", "pt");
    shapes.forEach(
        (name, shape) ->
            layout.add(name, DataType.F32, Arrays.stream(shape).asLongStream().toArray()));
    try (SafetensorsWriter writer =
        new SafetensorsWriter(layout, new LocalStorage().create(file), file)) {
      for (String name : shapes.keySet()) {
        writer.write(name, model.weight(name), device);
      }
    }
  }
}
