package org.llmsurgeon.export;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.StoredPart;
import org.llmsurgeon.model.weights.StoredTensors;

/** A model with seeded random weights, in which units are made zero before it is written. */
public final class MaskedFolder {
  private final ObjectNode json;
  private final ModelConfig config;
  private final Map<String, double[]> values = new LinkedHashMap<>();
  private final Map<String, int[]> shapes;
  private final Map<String, int[][]> wholeNumbers = new LinkedHashMap<>();
  private boolean merged;

  /** The model of a configuration. */
  public MaskedFolder(ObjectNode json, long seed) {
    this.json = json;
    this.config = Architectures.parse(json, "config.json");
    this.shapes = new LinkedHashMap<>(LanguageModel.tensors(config));
    Random random = new Random(seed);
    shapes.forEach(
        (name, shape) -> {
          double[] each = new double[Arrays.stream(shape).reduce(1, Math::multiplyExact)];
          for (int i = 0; i < each.length; i++) {
            each[i] = (name.contains("norm") ? 1 : 0) + 0.3f * (float) random.nextGaussian();
          }
          values.put(name, each);
        });
  }

  /** Its configuration. */
  public ModelConfig config() {
    return config;
  }

  /** A neuron goes as a unit. */
  public MaskedFolder neuron(int block, int neuron) {
    for (LinearShape shape : config.linears(block)) {
      if (shape.role() == LinearRole.GATE || shape.role() == LinearRole.UP) {
        row(shape, neuron);
      } else if (shape.role() == LinearRole.DOWN) {
        column(shape, neuron);
      }
    }
    return this;
  }

  /** A neuron of one feed-forward goes as a unit. */
  MaskedFolder neuron(int block, int expert, int neuron) {
    List<LinearShape> layers = config.feedForward(block, expert);
    layers.subList(0, layers.size() - 1).forEach(shape -> row(shape, neuron));
    return column(layers.get(layers.size() - 1), neuron);
  }

  /** An expert goes. */
  public MaskedFolder expert(int block, int expert) {
    config
        .feedForward(block, expert)
        .forEach(shape -> Arrays.fill(values.get(shape.weightName()), 0));
    return this;
  }

  /** The layers of all experts of a block lie in two tensors. */
  MaskedFolder merged() {
    merged = true;
    return this;
  }

  /** A query head goes as a unit; with the last of its group the group goes too. */
  public MaskedFolder head(int block, int head, boolean group) {
    int width = config.headDimension();
    LinearShape output = config.linear(block, LinearRole.OUTPUT);
    int inGroup = output.inputs() / config.linear(block, LinearRole.KEY).outputs();
    for (int d = 0; d < width; d++) {
      column(output, head * width + d);
      row(config.linear(block, LinearRole.QUERY), head * width + d);
      if (group) {
        row(config.linear(block, LinearRole.KEY), head / inGroup * width + d);
        row(config.linear(block, LinearRole.VALUE), head / inGroup * width + d);
      }
    }
    return this;
  }

  /** A row goes with its bias. */
  public MaskedFolder row(LinearShape shape, int row) {
    weightsOfRow(shape, row);
    if (shape.bias()) {
      values.get(shape.biasName())[row] = 0;
    }
    return this;
  }

  /** Zeros in a row of which the bias stays. */
  MaskedFolder weightsOfRow(LinearShape shape, int row) {
    double[] weight = values.get(shape.weightName());
    Arrays.fill(weight, row * shape.inputs(), (row + 1) * shape.inputs(), 0);
    return this;
  }

  /** A column goes. */
  public MaskedFolder column(LinearShape shape, int column) {
    double[] weight = values.get(shape.weightName());
    for (int row = 0; row < shape.outputs(); row++) {
      weight[row * shape.inputs() + column] = 0;
    }
    return this;
  }

  /** All values of a tensor times a number. */
  public MaskedFolder scale(String tensor, double factor) {
    double[] all = values.get(tensor);
    Arrays.setAll(all, i -> factor * all[i]);
    return this;
  }

  /** About half of the weights of the linear layers are zero. */
  MaskedFolder elements() {
    for (LinearShape shape : config.linears()) {
      double[] weight = values.get(shape.weightName());
      for (int i = 0; i < weight.length; i++) {
        weight[i] *= (i + i / shape.inputs()) % 2;
      }
    }
    return this;
  }

  /** A tensor of whole numbers that no network reads, as old checkpoints store positions. */
  public MaskedFolder positions(String name) {
    wholeNumbers.put(name, new int[][] {{0, 1, 2, 3}});
    return this;
  }

  /** Writes it in two shards with an index. */
  public String write(String path, DataType dtype, Device device) throws IOException {
    text(path, "config.json", json.toString());
    text(path, "tokenizer.json", "{ \"any\":  1 }");
    if (config.readsImages()) {
      int size = config.ends().images().shape().size();
      text(path, "preprocessor_config.json", "{\"size\": " + size + "}");
    }
    Map<String, double[]> stored = stored();
    List<String> names = new ArrayList<>(wholeNumbers.keySet());
    names.addAll(stored.keySet());
    List<List<String>> parts =
        List.of(names.subList(0, names.size() / 2), names.subList(names.size() / 2, names.size()));
    StringBuilder map = new StringBuilder();
    for (int i = 0; i < parts.size(); i++) {
      String file = "model-0000%d-of-00002.safetensors".formatted(i + 1);
      shard(Storage.child(path, file), parts.get(i), stored, dtype, device);
      for (String name : parts.get(i)) {
        map.append(map.isEmpty() ? "" : ", ").append("\"%s\": \"%s\"".formatted(name, file));
      }
    }
    text(path, "model.safetensors.index.json", "{\"metadata\": {}, \"weight_map\": {" + map + "}}");
    return path;
  }

  /** The tensors as the architecture's checkpoints hold them; shapes are those, too. */
  private Map<String, double[]> stored() {
    StoredTensors tensors =
        StoredTensors.of(config, name -> !name.contains("experts") || merged && isMerged(name));
    Map<String, double[]> stored = new LinkedHashMap<>();
    values.forEach(
        (name, own) -> {
          StoredPart part = tensors.part(name);
          if (part == null) {
            stored.put(name, own);
          } else {
            shapes.put(part.tensor(), part.shape());
            int size = Arrays.stream(part.shape()).reduce(1, Math::multiplyExact);
            part.write(own, stored.computeIfAbsent(part.tensor(), any -> new double[size]));
          }
        });
    return stored;
  }

  private static boolean isMerged(String name) {
    return name.endsWith("experts.gate_up_proj");
  }

  private void shard(
      String file, List<String> names, Map<String, double[]> stored, DataType dtype, Device device)
      throws IOException {
    SafetensorsLayout layout = new SafetensorsLayout().metadata("format", "pt");
    for (String name : names) {
      if (wholeNumbers.containsKey(name)) {
        layout.add(name, DataType.I32, 1, wholeNumbers.get(name)[0].length);
        continue;
      }
      layout.add(name, dtype, Arrays.stream(shapes.get(name)).asLongStream().toArray());
    }
    try (SafetensorsWriter writer =
        new SafetensorsWriter(layout, new LocalStorage().create(file), file)) {
      for (String name : names) {
        if (wholeNumbers.containsKey(name)) {
          writer.write(name, wholeNumbers.get(name));
          continue;
        }
        double[] all = stored.get(name);
        int rows = shapes.get(name).length == 1 ? 1 : shapes.get(name)[0];
        try (Tensor tensor = device.tensor(Precision.SINGLE, rows, all.length / rows, all)) {
          writer.write(name, tensor, device);
        }
      }
    }
  }

  private static void text(String path, String name, String content) throws IOException {
    try (OutputStream out = new LocalStorage().create(Storage.child(path, name))) {
      out.write(content.getBytes(StandardCharsets.UTF_8));
    }
  }
}
