package org.llmsurgeon.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
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
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.evaluate.Evaluator;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * A tiny random model as a Hugging Face folder, with token windows beside it.
 *
 * @param folder the model folder
 * @param tokens windows: tensors {@code calibration} [12, 10] and {@code test} [10, 10]
 * @param config the network
 */
public record TestModel(Path folder, Path tokens, ModelConfig config) {
  private static final int CONTEXT = 10;

  private static final String TOKENIZER =
      """
      {"version": "1.0", "added_tokens": [], "normalizer": null, "post_processor": null,
       "decoder": null,
       "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[\\\\s\\\\S]"},
                         "behavior": "Isolated", "invert": false},
       "model": {"type": "WordLevel", "unk_token": "?",
                 "vocab": {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4, "f": 5, "g": 6, "h": 7,
                           "i": 8, "j": 9, "?": 10}}}
      """;

  public static TestModel llama(Path parent, DataType dtype) throws IOException {
    return write(parent, "llama", TinyModels.llamaJson(), dtype);
  }

  public static TestModel opt(Path parent, DataType dtype) throws IOException {
    return write(parent, "opt", TinyModels.optJson(), dtype);
  }

  /** A Llama whose last attention writes so little that all of it can go for almost nothing. */
  static TestModel quietLlama(Path parent) throws IOException {
    TestModel model = llama(parent, DataType.F32);
    String quiet = "model.layers." + (model.config().blockCount() - 1) + ".self_attn.o_proj.weight";
    WeightSource dense = TinyModels.weights(model.config(), 5);
    writeWeights(
        model.folder().resolve("model.safetensors"),
        model.config(),
        DataType.F32,
        (name, device) -> {
          Tensor tensor = dense.load(name, device);
          if (name.equals(quiet)) {
            device.scale(1e-4, tensor);
          }
          return tensor;
        });
    return model;
  }

  /** An OPT whose first query layer is larger, so that no quadratic tells what its loss does. */
  public static TestModel loudOpt(Path parent, double loudness) throws IOException {
    TestModel model = opt(parent, DataType.F32);
    String loud = "model.decoder.layers.0.self_attn.q_proj.weight";
    WeightSource dense = TinyModels.weights(model.config(), 5);
    writeWeights(
        model.folder().resolve("model.safetensors"),
        model.config(),
        DataType.F32,
        (name, device) -> {
          Tensor tensor = dense.load(name, device);
          if (name.equals(loud)) {
            device.scale(loudness, tensor);
          }
          return tensor;
        });
    return model;
  }

  /** Gives the model a tokenizer of the letters a to j, token 10 for all others. */
  public void writeTokenizer() throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), TOKENIZER);
  }

  /** Calibrates and tests on the windows. */
  public PruneRequest request(Path output, Recipe recipe) {
    List<String> windows = List.of(tokens.toString());
    return new PruneRequest(
        folder.toString(), windows, windows, output.toString(), null, false, recipe);
  }

  public static TestModel write(Path parent, String name, ObjectNode json, DataType dtype)
      throws IOException {
    ModelConfig config = Architectures.parse(json, "config.json");
    Path folder = Files.createDirectories(parent.resolve(name));
    Files.writeString(folder.resolve("config.json"), json.toString());
    Files.writeString(folder.resolve("generation_config.json"), "{\"do_sample\": true}");
    WeightSource weights = TinyModels.weights(config, 5);
    writeWeights(folder.resolve("model.safetensors"), config, dtype, weights::load);
    Path tokens = parent.resolve(name + "-tokens.safetensors");
    writeTokens(tokens, config);
    return new TestModel(folder, tokens, config);
  }

  private static void writeWeights(
      Path file, ModelConfig config, DataType dtype, BiFunction<String, Device, Tensor> weights)
      throws IOException {
    Files.deleteIfExists(file);
    Device device = ExecutorDevice.shared();
    SafetensorsLayout layout = new SafetensorsLayout();
    LanguageModel.tensors(config)
        .forEach(
            (name, shape) ->
                layout.add(name, dtype, java.util.Arrays.stream(shape).asLongStream().toArray()));
    try (SafetensorsWriter writer =
        new SafetensorsWriter(
            layout, new LocalStorage().create(file.toString()), file.toString())) {
      for (String name : LanguageModel.tensors(config).keySet()) {
        try (Tensor tensor = weights.apply(name, device)) {
          writer.write(name, tensor, device);
        }
      }
    }
  }

  /** The same with calibration windows of which the second half repeats the first. */
  TestModel repeated() throws IOException {
    Path file = tokens.resolveSibling("repeated-tokens.safetensors");
    int[][] half = TinyModels.windows(config, 6, CONTEXT, 1);
    writeTokens(file, config, Stream.of(half, half).flatMap(Stream::of).toArray(int[][]::new));
    return new TestModel(folder, file, config);
  }

  private static void writeTokens(Path file, ModelConfig config) throws IOException {
    writeTokens(file, config, TinyModels.windows(config, 12, CONTEXT, 1));
  }

  private static void writeTokens(Path file, ModelConfig config, int[][] calibration)
      throws IOException {
    int[][] test = TinyModels.windows(config, 10, CONTEXT, 2);
    SafetensorsLayout layout =
        new SafetensorsLayout()
            .add("calibration", DataType.I32, calibration.length, CONTEXT)
            .add("test", DataType.I32, test.length, CONTEXT);
    try (SafetensorsWriter writer =
        new SafetensorsWriter(
            layout, new LocalStorage().create(file.toString()), file.toString())) {
      writer.write("calibration", calibration);
      writer.write("test", test);
    }
  }

  /**
   * The perplexity of windows that a network of this process is asked for in the pipeline's groups:
   * on some processors the last bits of a product's row depend on how many rows it has.
   *
   * @param windows test windows
   * @param losses of some windows, nats
   */
  public static double perplexity(int[][] windows, Function<int[][], double[]> losses) {
    return Objective.NEXT_TOKEN.score(
        Evaluator.ranges(windows.length, windows[0].length).stream()
            .map(range -> Arrays.copyOfRange(windows, range.from(), range.to()))
            .flatMapToDouble(group -> DoubleStream.of(losses.apply(group)))
            .toArray());
  }
}
