package org.llmsurgeon.checkpoint;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;

/** Makes small model folders, file by file. */
public final class TinyFolder {
  private final Storage storage;
  private final String path;
  private final Device device;

  public TinyFolder(Storage storage, String path, Device device) {
    this.storage = storage;
    this.path = path;
    this.device = device;
  }

  public String path() {
    return path;
  }

  public TinyFolder text(String name, String content) throws IOException {
    try (OutputStream out = storage.create(Storage.child(path, name))) {
      out.write(content.getBytes(StandardCharsets.UTF_8));
    }
    return this;
  }

  /** A weight file with random values; tensors given as name to dtype. All are [3, 5]. */
  public TinyFolder weights(String file, Map<String, DataType> tensors) throws IOException {
    SafetensorsLayout layout = new SafetensorsLayout().metadata("format", "pt");
    tensors.forEach((name, dtype) -> layout.add(name, dtype, 3, 5));
    String target = Storage.child(path, file);
    try (SafetensorsWriter writer = new SafetensorsWriter(layout, storage.create(target), target)) {
      for (Map.Entry<String, DataType> each : tensors.entrySet()) {
        if (each.getValue().isWeight()) {
          writer.write(each.getKey(), random(each.getKey()), device);
        } else {
          writer.write(each.getKey(), new int[3][5]);
        }
      }
    }
    return this;
  }

  /** Two shards whose tensors are declared in an order that is not that of their names. */
  public TinyFolder sharded() throws IOException {
    Map<String, DataType> first = new LinkedHashMap<>();
    first.put("z.weight", DataType.BF16);
    first.put("a.weight", DataType.BF16);
    Map<String, DataType> second = new LinkedHashMap<>();
    second.put("m.weight", DataType.F32);
    second.put("steps", DataType.I32);
    return text("config.json", "{\"model_type\": \"llama\"}\n")
        .text("tokenizer.json", "{ }")
        .text("README.md", "read me\n")
        .weights("model-00001-of-00002.safetensors", first)
        .weights("model-00002-of-00002.safetensors", second)
        .text(
            "model.safetensors.index.json",
            "{\"metadata\": {\"total_size\": 180},\n \"weight_map\": {"
                + "\"a.weight\": \"model-00001-of-00002.safetensors\", "
                + "\"m.weight\": \"model-00002-of-00002.safetensors\", "
                + "\"steps\": \"model-00002-of-00002.safetensors\", "
                + "\"z.weight\": \"model-00001-of-00002.safetensors\"}}");
  }

  private Tensor random(String seed) {
    Random random = new Random(seed.hashCode());
    double[] values = random.doubles(15, -1, 1).toArray();
    return device.tensor(Precision.SINGLE, 3, 5, values);
  }
}
