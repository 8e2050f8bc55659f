package org.llmsurgeon.export;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.Experts;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;

/**
 * A model with zeros and a form to write it in.
 *
 * @param name for test reports
 * @param model its configuration
 * @param zeros makes them
 * @param route the form that is asked for
 * @param expected the form that it is written in
 */
public record ExportCase(
    String name,
    Supplier<ObjectNode> model,
    Consumer<MaskedFolder> zeros,
    Route route,
    Route expected) {

  private static final List<String> FUSED = List.of("gpt2", "gpt-neox", "gpt-neox-sequential");

  private static final List<String> ENCODERS =
      List.of(
          "bert",
          "bert-pair",
          "bert-number",
          "bert-embedding",
          "bert-token",
          "roberta",
          "roberta-token",
          "roberta-embedding",
          "roberta-sequence",
          "distilbert",
          "distilbert-sequence",
          "distilbert-embedding",
          "distilbert-token",
          "vit",
          "vit-grey",
          "deit",
          "deit-teacher");

  public String write(Path path, DataType dtype, Device device) throws IOException {
    MaskedFolder folder = new MaskedFolder(model.get(), 7);
    zeros.accept(folder);
    return folder.write(path.toString(), dtype, device);
  }

  @Override
  public String toString() {
    return name + ", " + route.optionName();
  }

  /** Every form of models with every kind of zeros. */
  public static List<ExportCase> all() {
    List<ExportCase> all = new ArrayList<>();
    add(all, "Llama, one width", ExportCase::llama, ExportCase::oneWidth, Route.UNIFORM);
    add(all, "Llama, neurons", ExportCase::llama, ExportCase::neurons, Route.NEMOTRON_NAS);
    add(all, "Llama, heads", ExportCase::llama, ExportCase::heads, Route.PER_LAYER);
    add(all, "Llama, sublayers", ExportCase::llama, ExportCase::sublayers, Route.NEMOTRON_NAS);
    add(all, "Llama, lines", ExportCase::llama, ExportCase::lines, Route.INDEXED);
    add(all, "Llama, elements", ExportCase::llama, MaskedFolder::elements, Route.ZEROS);
    add(all, "Llama, dense", ExportCase::llama, each -> {}, Route.ZEROS);
    add(all, "Llama with biases, lines", ExportCase::biased, ExportCase::lines, Route.INDEXED);
    add(all, "Llama with biases, biases", ExportCase::biased, ExportCase::biases, Route.PER_LAYER);
    add(all, "OPT, neurons", TinyModels::optJson, ExportCase::neurons, Route.PER_LAYER);
    add(all, "OPT, heads", TinyModels::optJson, ExportCase::heads, Route.PER_LAYER);
    add(all, "OPT, biases", TinyModels::optJson, ExportCase::biases, Route.PER_LAYER);
    add(all, "OPT, lines", TinyModels::optJson, ExportCase::lines, Route.INDEXED);
    add(all, "OPT, sublayers", TinyModels::optJson, ExportCase::sublayers, Route.PER_LAYER);
    add(all, "OPT, constants", TinyModels::optJson, ExportCase::constants, Route.PER_LAYER);
    add(all, "OPT, first block", TinyModels::optJson, ExportCase::firstBlock, Route.PER_LAYER);
    TinyDecoders.all().forEach((base, json) -> addDecoder(all, base, json));
    for (String name : FUSED) {
      addFused(all, name);
    }
    for (String name : ENCODERS) {
      addEncoder(all, name);
    }
    TinyDecoders.mixtures().forEach((base, json) -> addMixture(all, base, json));
    TinyDecoders.mixtures().forEach((base, json) -> addMerged(all, base, json));
    return all;
  }

  /** Decoders whose tensors hold several layers in a way of their own, or lie transposed. */
  private static void addFused(List<ExportCase> all, String name) {
    Supplier<ObjectNode> model = () -> reference(name);
    Consumer<MaskedFolder> even = ExportCase::oneNumberOfNeurons;
    all.add(new ExportCase(name + ", one width", model, even, Route.AUTO, Route.UNIFORM));
    all.add(of(name + ", one width", model, even, Route.PER_LAYER));
    all.add(
        new ExportCase(name + ", heads", model, ExportCase::heads, Route.AUTO, Route.PER_LAYER));
    all.add(of(name + ", sublayers", model, ExportCase::sublayers, Route.PER_LAYER));
    all.add(of(name + ", constants", model, ExportCase::constants, Route.PER_LAYER));
    all.add(of(name + ", first block", model, ExportCase::firstBlock, Route.PER_LAYER));
    all.add(of(name + ", biases", model, ExportCase::biases, Route.PER_LAYER));
    all.add(of(name + ", elements", model, MaskedFolder::elements, Route.ZEROS));
    boolean indexed = !name.equals("gpt2");
    all.add(of(name + ", lines", model, ExportCase::lines, indexed ? Route.INDEXED : Route.ZEROS));
  }

  private static void addEncoder(List<ExportCase> all, String name) {
    Supplier<ObjectNode> model = () -> reference(name);
    add(all, name + ", one width", model, ExportCase::oneNumberOfNeurons, Route.UNIFORM);
    Consumer<MaskedFolder> heads = ExportCase::heads;
    add(
        all,
        name + ", heads",
        model,
        heads.andThen(folder -> folder.positions("embeddings.position_ids")),
        Route.PER_LAYER);
    // Every sublayer keeps a unit, of which the indexed form leaves out the weights
    add(all, name + ", sublayers", model, ExportCase::sublayers, Route.INDEXED);
    add(all, name + ", biases", model, ExportCase::biases, Route.PER_LAYER);
    add(all, name + ", lines", model, ExportCase::lines, Route.INDEXED);
    add(all, name + ", elements", model, MaskedFolder::elements, Route.ZEROS);
  }

  private static ObjectNode reference(String name) {
    try (ReferenceModel reference = ReferenceModel.open(name)) {
      return reference.json().deepCopy();
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private static void addMixture(List<ExportCase> all, String base, ObjectNode json) {
    Supplier<ObjectNode> whole = json::deepCopy;
    for (Route route : List.of(Route.AUTO, Route.UNIFORM, Route.PER_LAYER, Route.ZEROS)) {
      Route expected = route == Route.AUTO ? Route.UNIFORM : route;
      all.add(new ExportCase(base + ", experts", whole, ExportCase::ofExperts, route, expected));
    }
    Supplier<ObjectNode> gone =
        () -> json.deepCopy().put(Experts.EMPTY_GONE, true).put("num_experts_per_tok", 1);
    for (Route route : List.of(Route.AUTO, Route.PER_LAYER)) {
      Consumer<MaskedFolder> zeros = ExportCase::wholeExperts;
      all.add(of(base + ", whole experts", gone, zeros, route, Route.PER_LAYER));
      zeros = ExportCase::oneExpertOfEach;
      Route expected = route == Route.AUTO ? Route.UNIFORM : route;
      all.add(of(base + ", one expert of each", gone, zeros, route, expected));
    }
    all.add(new ExportCase(base + ", all experts", gone, each -> {}, Route.AUTO, Route.ZEROS));
  }

  /** The same where the layers of all experts of a block lie in two tensors. */
  private static void addMerged(List<ExportCase> all, String base, ObjectNode json) {
    Supplier<ObjectNode> whole = json::deepCopy;
    Supplier<ObjectNode> gone =
        () -> json.deepCopy().put(Experts.EMPTY_GONE, true).put("num_experts_per_tok", 1);
    Consumer<MaskedFolder> merged = MaskedFolder::merged;
    Consumer<MaskedFolder> neurons = merged.andThen(ExportCase::ofExperts);
    String name = base + " merged";
    all.add(of(name + ", experts", whole, neurons, Route.AUTO, Route.UNIFORM));
    all.add(of(name + ", experts", whole, neurons, Route.PER_LAYER));
    all.add(of(name + ", experts", whole, neurons, Route.ZEROS));
    Consumer<MaskedFolder> experts = merged.andThen(ExportCase::wholeExperts);
    all.add(of(name + ", whole experts", gone, experts, Route.AUTO, Route.PER_LAYER));
    experts = merged.andThen(ExportCase::oneExpertOfEach);
    all.add(of(name + ", one expert of each", gone, experts, Route.AUTO, Route.UNIFORM));
    Consumer<MaskedFolder> elements = merged.andThen(MaskedFolder::elements);
    all.add(of(name + ", elements", whole, elements, Route.AUTO, Route.ZEROS));
    all.add(of(name + ", dense", whole, merged, Route.AUTO, Route.ZEROS));
  }

  private static ExportCase of(
      String name,
      Supplier<ObjectNode> model,
      Consumer<MaskedFolder> zeros,
      Route route,
      Route expected) {
    return new ExportCase(name, model, zeros, route, expected);
  }

  /** The first of block 0, where it has any, and two of block 1; heads and neurons of others. */
  private static void wholeExperts(MaskedFolder folder) {
    if (!folder.config().blocks().get(0).experts().isEmpty()) {
      folder.expert(0, 0).neuron(0, 1, 3);
    }
    folder.expert(1, 0).expert(1, 2);
    for (int neuron = 0; neuron < 9; neuron++) {
      folder.neuron(1, 1, neuron);
    }
    if (!folder.config().attention().wholeNorms()) {
      folder.head(1, 0, false).head(1, 1, true);
    }
  }

  private static void oneExpertOfEach(MaskedFolder folder) {
    for (int block = 0; block < folder.config().blockCount(); block++) {
      if (!folder.config().blocks().get(block).experts().isEmpty()) {
        folder.expert(block, 1 - block);
      }
    }
  }

  /** More than half of each expert, another half of each, and some of what all tokens see. */
  private static void ofExperts(MaskedFolder folder) {
    for (int block = 0; block < folder.config().blockCount(); block++) {
      if (folder.config().blocks().get(block).width() > 0) {
        folder.neuron(block, LinearShape.NO_EXPERT, 1).neuron(block, LinearShape.NO_EXPERT, 3);
      }
      int experts = folder.config().blocks().get(block).experts().size();
      for (int expert = 0; expert < experts; expert++) {
        for (int neuron = 0; neuron < 9; neuron++) {
          folder.neuron(block, expert, expert + neuron);
        }
      }
    }
  }

  /** Architectures that are Llama in another dress. */
  private static void addDecoder(List<ExportCase> all, String base, ObjectNode json) {
    boolean whole = Set.of("Phi3", "StableLm").contains(base);
    Consumer<MaskedFolder> zeros = ExportCase::oneWidth;
    Route chosen = whole ? Route.PER_LAYER : Route.UNIFORM;
    if (base.equals("Olmo2")) {
      zeros = ExportCase::oneNumberOfNeurons;
      chosen = Route.UNIFORM;
    }
    Supplier<ObjectNode> model = json::deepCopy;
    all.add(new ExportCase(base + ", one width", model, zeros, Route.AUTO, chosen));
    for (Route route : Route.values()) {
      if (route != Route.AUTO && route != Route.NEMOTRON_NAS) {
        all.add(new ExportCase(base + ", one width", model, zeros, route, route));
      }
    }
    all.add(of(base + ", heads", model, ExportCase::heads, Route.PER_LAYER));
    all.add(of(base + ", sublayers", model, ExportCase::sublayers, Route.PER_LAYER));
    all.add(of(base + ", sublayers", model, ExportCase::sublayers, Route.INDEXED));
    all.add(of(base + ", lines", model, ExportCase::lines, Route.INDEXED));
    all.add(of(base + ", elements", model, MaskedFolder::elements, Route.ZEROS));
  }

  private static ExportCase of(
      String name, Supplier<ObjectNode> model, Consumer<MaskedFolder> zeros, Route route) {
    return new ExportCase(name, model, zeros, route, route);
  }

  private static void add(
      List<ExportCase> all,
      String name,
      Supplier<ObjectNode> model,
      Consumer<MaskedFolder> zeros,
      Route chosen) {
    all.add(new ExportCase(name, model, zeros, Route.AUTO, chosen));
    for (Route route : Route.values()) {
      boolean known = route != Route.NEMOTRON_NAS || name.startsWith("Llama");
      if (route != Route.AUTO && known) {
        all.add(new ExportCase(name, model, zeros, route, route));
      }
    }
  }

  private static ObjectNode llama() {
    return TinyModels.llamaJson();
  }

  private static ObjectNode biased() {
    return TinyModels.llamaJson().put("attention_bias", true).put("mlp_bias", true);
  }

  private static void oneWidth(MaskedFolder folder) {
    for (int block = 0; block < 2; block++) {
      folder.neuron(block, 3 + block).neuron(block, 7);
      folder.head(block, 2 * block, false).head(block, 2 * block + 1, true);
    }
  }

  private static void oneNumberOfNeurons(MaskedFolder folder) {
    folder.neuron(0, 3).neuron(0, 7).neuron(1, 4).neuron(1, 7);
  }

  private static void neurons(MaskedFolder folder) {
    folder.neuron(0, 0).neuron(0, 4).neuron(0, 5).neuron(1, 9);
  }

  private static void heads(MaskedFolder folder) {
    neurons(folder);
    if (folder.config().keyValueHeads() < folder.config().heads()) {
      folder.head(0, 1, false).head(0, 2, false);
    } else {
      folder.head(1, 1, true);
    }
  }

  private static void sublayers(MaskedFolder folder) {
    feedForward(folder);
    attention(folder, 1);
  }

  /** All of block 0. */
  private static void firstBlock(MaskedFolder folder) {
    attention(folder, 0);
    feedForward(folder);
  }

  private static void feedForward(MaskedFolder folder) {
    int neurons = folder.config().linear(0, LinearRole.DOWN).inputs();
    for (int neuron = 0; neuron < neurons; neuron++) {
      folder.neuron(0, neuron);
    }
  }

  private static void attention(MaskedFolder folder, int block) {
    int inGroup = folder.config().heads() / folder.config().keyValueHeads();
    for (int head = 0; head < folder.config().heads(); head++) {
      folder.head(block, head, (head + 1) % inGroup == 0);
    }
  }

  /** Sublayers that say the same whatever they read. */
  private static void constants(MaskedFolder folder) {
    LinearShape up = folder.config().linear(0, LinearRole.UP);
    for (int neuron = 0; neuron < up.outputs(); neuron++) {
      folder.weightsOfRow(up, neuron);
    }
    LinearShape value = folder.config().linear(1, LinearRole.VALUE);
    for (int row = 0; row < value.outputs(); row++) {
      folder.weightsOfRow(value, row);
    }
  }

  /** Rows and columns of each matrix on its own, as in the paper. */
  private static void lines(MaskedFolder folder) {
    neurons(folder);
    for (LinearShape shape : folder.config().linears()) {
      folder.column(shape, 1).column(shape, 2).column(shape, 6);
      folder.row(shape, 0).row(shape, 5);
    }
  }

  /** Rows whose bias stays: what they say is constant. */
  private static void biases(MaskedFolder folder) {
    neurons(folder);
    for (LinearShape shape : folder.config().linears()) {
      if (shape.role() == LinearRole.UP || shape.role() == LinearRole.GATE) {
        folder.weightsOfRow(shape, 2).weightsOfRow(shape, 8);
      }
    }
    LinearShape value = folder.config().linear(1, LinearRole.VALUE);
    for (int d = 0; d < folder.config().headDimension(); d++) {
      folder.weightsOfRow(value, d);
    }
  }
}
