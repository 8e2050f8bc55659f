package org.llmsurgeon.export.gguf;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.llmsurgeon.checkpoint.TinyTokenizers;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.export.Exporter;
import org.llmsurgeon.export.MaskedFolder;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.model.TinyModels;

/**
 * A small Llama that was pruned, as a folder with a tokenizer.
 *
 * @param name for test reports
 * @param changes to the configuration
 * @param zeros makes them
 * @param route form of the folder
 * @param architecture that its GGUF file has
 */
record GgufFolder(
    String name, String changes, Consumer<MaskedFolder> zeros, Route route, String architecture) {
  static final String PLAIN = "{}";

  static List<GgufFolder> all() {
    List<GgufFolder> all = new ArrayList<>();
    String biases = "{\"attention_bias\": true, \"mlp_bias\": true}";
    String llama3 =
        """
        {"tie_word_embeddings": false, "rope_scaling": {"rope_type": "llama3", "factor": 4.0,
         "low_freq_factor": 1.0, "high_freq_factor": 4.0,
         "original_max_position_embeddings": 16}}
        """;
    all.add(new GgufFolder("dense", PLAIN, each -> {}, Route.ZEROS, "llama"));
    all.add(new GgufFolder("one width", PLAIN, GgufFolder::oneWidth, Route.UNIFORM, "llama"));
    all.add(new GgufFolder("neurons", PLAIN, GgufFolder::neurons, Route.NEMOTRON_NAS, "deci"));
    all.add(new GgufFolder("heads", PLAIN, GgufFolder::heads, Route.PER_LAYER, "deci"));
    all.add(new GgufFolder("lines", PLAIN, GgufFolder::lines, Route.INDEXED, "deci"));
    all.add(new GgufFolder("biases", biases, GgufFolder::heads, Route.PER_LAYER, "deci"));
    all.add(new GgufFolder("llama3", llama3, GgufFolder::neurons, Route.PER_LAYER, "deci"));
    all.add(new GgufFolder("first", PLAIN, each -> gone(each, 0, true), Route.PER_LAYER, "deci"));
    all.add(new GgufFolder("last", PLAIN, each -> gone(each, 1, true), Route.NEMOTRON_NAS, "deci"));
    all.add(new GgufFolder("no neurons", PLAIN, each -> gone(each, 0, false), Route.AUTO, "deci"));
    return all;
  }

  private static void oneWidth(MaskedFolder folder) {
    for (int block = 0; block < 2; block++) {
      folder.neuron(block, 3 + block).head(block, 2, false).head(block, 3, true);
    }
  }

  private static void neurons(MaskedFolder folder) {
    folder.neuron(0, 0).neuron(0, 4).neuron(1, 9);
  }

  private static void heads(MaskedFolder folder) {
    neurons(folder);
    folder.head(0, 1, false).head(0, 2, false).head(1, 0, false).head(1, 1, true);
  }

  private static void lines(MaskedFolder folder) {
    neurons(folder);
    folder.config().linears().forEach(shape -> folder.column(shape, 1).row(shape, 5));
  }

  /** All neurons of a block, and its attention. */
  private static void gone(MaskedFolder folder, int block, boolean attention) {
    for (int neuron = 0; neuron < 10; neuron++) {
      folder.neuron(block, neuron);
    }
    if (attention) {
      folder.head(block, 0, false).head(block, 1, true);
      folder.head(block, 2, false).head(block, 3, true);
    }
  }

  static ObjectNode json(String changes) {
    ObjectNode json = TinyModels.llamaJson().put("vocab_size", 300).put("eos_token_id", 269);
    json.setAll(TinyTokenizers.parse(changes));
    return json;
  }

  /** Writes the folder. */
  Path write(Path at, Device device) throws IOException {
    MaskedFolder masked = new MaskedFolder(json(changes), 7);
    zeros.accept(masked);
    String from = masked.write(at + "-masked", DataType.F32, device);
    Files.writeString(Path.of(from, "tokenizer.json"), TinyTokenizers.byteLevel().toString());
    try (ModelFolder source = ModelFolder.open(new LocalStorage(), from)) {
      new Exporter(source, device).write(route, new LocalStorage(), at.toString());
    }
    return at;
  }

  /** Writes the GGUF file of a folder. */
  static Path gguf(Path folder, GgufType type, Device device) throws IOException {
    Path file = Path.of(folder + "-" + type + ".gguf");
    LocalStorage storage = new LocalStorage();
    try (ModelFolder open = ModelFolder.open(storage, folder.toString())) {
      new GgufExport(storage, open, "tiny", type).write(file.toString(), device);
    }
    return file;
  }

  @Override
  public String toString() {
    return name;
  }
}
