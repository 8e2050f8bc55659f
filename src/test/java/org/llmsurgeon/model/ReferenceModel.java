package org.llmsurgeon.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.config.PixelScale;
import org.llmsurgeon.model.weights.StoredPart;
import org.llmsurgeon.model.weights.StoredTensors;
import org.llmsurgeon.model.weights.WeightSource;

/**
 * A tiny random network as the transformers library saves and computes it; {@code
 * src/test/python/make_model_references.py} writes them.
 *
 * @param json its config.json
 * @param ids a window
 * @param targets what each position is to say; null where that is the next token
 * @param types of the tokens; null where all are of the first
 * @param number what is right, of a network that gives one
 * @param pixels what pixels go through, of a network that reads images
 * @param loss of the window, in nats
 * @param file weights, logits and gradients
 */
public record ReferenceModel(
    JsonNode json,
    int[] ids,
    int[] targets,
    int[] types,
    double number,
    PixelScale pixels,
    double loss,
    Safetensors file)
    implements WeightSource, AutoCloseable {
  private static final String START = "reference.";

  /** Names of all, also where these lie in the jar that other modules have. */
  public static List<String> names() throws IOException {
    URI folder = URI.create(ReferenceModel.class.getResource("reference").toString());
    if (!folder.getScheme().equals("jar")) {
      return names(Path.of(folder));
    }
    try (FileSystem jar = FileSystems.newFileSystem(folder, Map.of())) {
      return names(jar.getPath("/org/llmsurgeon/model/reference"));
    }
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString().replace(".safetensors", ""))
          .sorted()
          .toList();
    }
  }

  /** Opens one. */
  public static ReferenceModel open(String name) throws IOException {
    Path path = Files.createTempFile("reference", ".safetensors");
    path.toFile().deleteOnExit();
    // Other modules have these in a jar.
    try (InputStream bytes =
        ReferenceModel.class.getResourceAsStream("reference/" + name + ".safetensors")) {
      Files.copy(bytes, path, StandardCopyOption.REPLACE_EXISTING);
    }
    Safetensors file = Safetensors.open(new LocalStorage().open(path.toString()));
    ObjectMapper json = new ObjectMapper();
    return new ReferenceModel(
        json.readTree(file.metadata().get("config")),
        json.readValue(file.metadata().get("ids"), int[].class),
        json.readValue(file.metadata().getOrDefault("targets", "null"), int[].class),
        json.readValue(file.metadata().getOrDefault("types", "null"), int[].class),
        Double.parseDouble(file.metadata().getOrDefault("number", "0")),
        json.readValue(file.metadata().getOrDefault("pixels", "null"), PixelScale.class),
        Double.parseDouble(file.metadata().get("loss")),
        file);
  }

  /** What our reader makes of its config.json. */
  public ModelConfig config() {
    ModelConfig config = Architectures.parse(json, "config.json");
    return pixels == null ? config : config.with(pixels);
  }

  /** The same, with the window's own targets where it has some. */
  public ModelConfig configWithTargets() {
    ModelConfig config = config();
    return targets == null
        ? config
        : config.with(new Given(config.objective(), targets, types, number));
  }

  /** An objective with the same targets for every window. */
  private record Given(Objective objective, int[] targets, int[] types, double number)
      implements Objective {
    @Override
    public String label() {
      return objective.label();
    }

    @Override
    public Output output() {
      return objective.output();
    }

    @Override
    public Example example(int[] window) {
      return new Example(window, targets, types, number);
    }

    @Override
    public String metric() {
      return objective.metric();
    }

    @Override
    public double score(double[] losses) {
      return objective.score(losses);
    }
  }

  /** Its weights, one tensor for each of the network. */
  public WeightSource weights() {
    return StoredTensors.of(config(), this::contains).over(this);
  }

  /** The stored tensors, without what was computed. */
  public List<String> stored() {
    return file.entries().keySet().stream().filter(name -> !name.startsWith(START)).toList();
  }

  /** The weights of another model, which embeddings are compared with. */
  WeightSource teacher() {
    ReferenceModel own = this;
    return new WeightSource() {
      @Override
      public boolean contains(String name) {
        return own.contains(name);
      }

      @Override
      public int[] shape(String name) {
        return own.shape(name);
      }

      @Override
      public Tensor load(String name, Device device) {
        Tensor tensor = own.load(name, device);
        if (!name.endsWith("embeddings.LayerNorm.weight")) {
          return tensor;
        }
        try (tensor) {
          double[] turned = Arrays.stream(device.values(tensor)).map(each -> -each).toArray();
          return device.tensor(tensor.precision(), tensor.rows(), tensor.columns(), turned);
        }
      }
    };
  }

  double[] logits(Device device) {
    return values("logits", device);
  }

  /** Whether any token reached a layer: some experts are reached by none. */
  public boolean reached(LinearShape layer) {
    return !layer.ofExpert() || contains(START + "gradient." + layer.name());
  }

  /** What a layer of an expert read, token by token. */
  public double[] input(LinearShape layer, Device device) {
    return values("input." + layer.inputGroup(), device);
  }

  /** Gradient of the loss with respect to what a layer of the network wrote, token by token. */
  public double[] gradient(LinearShape layer, Device device) {
    if (layer.ofExpert()) {
      return values("gradient." + layer.name(), device);
    }
    StoredTensors stored = StoredTensors.of(config(), this::contains);
    StoredPart part = stored.part(layer.weightName());
    String module = stored.stored(layer.weightName()).replaceAll("\\.weight$", "");
    double[] whole = values("gradient." + module, device);
    int tokens = pixels == null ? ids.length : config().maxPositions();
    int width = whole.length / tokens;
    double[] own = new double[tokens * layer.outputs()];
    for (int t = 0; t < tokens; t++) {
      for (int i = 0; i < layer.outputs(); i++) {
        int line = part == null ? i : part.line(i);
        own[t * layer.outputs() + i] = whole[t * width + line];
      }
    }
    return own;
  }

  /** Mean over the tokens of what a layer reads, times itself, where torch's hooks saw it. */
  public double[] factorA(LinearShape layer, Device device) {
    return values("factor.A." + (layer.ofExpert() ? layer.inputGroup() : layer.name()), device);
  }

  /** The same of the gradients of what it wrote. */
  public double[] factorG(LinearShape layer, Device device) {
    return values("factor.G." + layer.name(), device);
  }

  private double[] values(String name, Device device) {
    try (Tensor tensor = file.load(START + name, device)) {
      return device.values(tensor);
    }
  }

  @Override
  public boolean contains(String name) {
    return file.entries().containsKey(name);
  }

  @Override
  public int[] shape(String name) {
    return Arrays.stream(file.entry(name).shape()).mapToInt(Math::toIntExact).toArray();
  }

  @Override
  public Tensor load(String name, Device device) {
    return file.load(name, device);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
