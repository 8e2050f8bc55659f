package org.llmsurgeon.export.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.llmsurgeon.checkpoint.folder.IndexedTensors;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.folder.TensorEdit;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.Experts;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.ModelSize;
import org.llmsurgeon.model.fields.Written;

/**
 * The files beside the weights: the configuration of a route, and Python files where it has some.
 */
public final class ConfigFiles {
  private static final String CONFIG = "config.json";
  private static final String HEAD_DIMENSION = "head_dim";

  /** Neurons of an expert, where that is not the field of all neurons, and beside the experts. */
  private static final String EXPERT = "moe_intermediate_size";

  private static final String SHARED = "shared_expert_intermediate_size";

  /** Names of the number of experts, which transformers spells in two ways. */
  private static final List<String> COUNTS = List.of("num_experts", "num_local_experts");

  static final String PER_LAYER = "per_layer_config";
  static final String BLOCKS = "block_configs";
  private static final String CODE = "auto_map";
  private static final String LAYERS_FILE = "pruned_layers.py";
  private static final String ENCODER_FILE = "modeling_pruned_encoder.py";
  private static final String VISION_FILE = "modeling_pruned_vision.py";

  /** Without it transformers refuses to look at the sizes that the blocks need not have. */
  private static final String GLOBAL_ACCESS = "allow_global_per_layer_attribute_access";

  private static final List<String> PYTHON =
      List.of(
          LAYERS_FILE,
          "modeling_pruned.py",
          "modeling_pruned_experts.py",
          ENCODER_FILE,
          VISION_FILE,
          "configuration_nemotron_nas.py",
          "modeling_nemotron_nas.py");

  private final ModelFolder folder;
  private final ModelConfig config;
  private final ConfigNames names;

  /** The configuration of a model's smaller forms. */
  public ConfigFiles(ModelFolder folder, ModelConfig config) {
    this.folder = folder;
    this.config = config;
    this.names = ConfigNames.of(config);
  }

  /** Files of a folder in which all sizes stay. */
  SortedMap<String, byte[]> unchanged() {
    if (folder.config().path(PER_LAYER).isEmpty() || folder.config().has(CODE)) {
      return folder.config().has(Experts.EMPTY_GONE) ? onlyConfig() : new TreeMap<>();
    }
    return perLayer(widthsAsTheyAre(), Map.of(), Map.of());
  }

  /** The configuration without what only folders with zeros say. */
  private SortedMap<String, byte[]> onlyConfig() {
    ObjectNode json = folder.config().deepCopy();
    json.remove(Experts.EMPTY_GONE);
    return new TreeMap<>(Map.of(CONFIG, bytes(json)));
  }

  /** The sizes of all blocks, as they are. */
  public List<BlockWidth> widthsAsTheyAre() {
    return config.blocks().stream()
        .map(
            each ->
                new BlockWidth(
                    each.width(),
                    each.queryHeads(),
                    each.keyValueHeads(),
                    each.experts().isEmpty() ? 0 : each.experts().get(0),
                    each.experts().size()))
        .toList();
  }

  /**
   * Files of a folder with one width of each kind of feed-forward, and the same heads everywhere.
   *
   * @param widths of all blocks
   */
  SortedMap<String, byte[]> uniform(List<BlockWidth> widths) {
    ObjectNode json = plain();
    putHeads(json, widths.get(0));
    for (BlockWidth width : widths) {
      if (width.expert() == 0) {
        json.put(names.neurons(), width.neurons());
      } else {
        putExperts(json, width);
      }
    }
    if (!names.headsAsTheyWere()) {
      json.put(HEAD_DIMENSION, config.headDimension());
    }
    return files(json, Map.of());
  }

  /** The mixture of a block; fields that have two names get both where both are there. */
  private void putExperts(ObjectNode json, BlockWidth width) {
    JsonNode all = folder.config();
    json.put(names.ownExpertWidth() ? EXPERT : names.neurons(), width.expert());
    if (width.neurons() > 0) {
      json.put(SHARED, width.neurons());
    }
    List<String> counts = COUNTS.stream().filter(all::has).toList();
    for (String name : counts.isEmpty() ? List.of(names.experts()) : counts) {
      json.put(name, width.experts());
    }
  }

  /**
   * Files of a folder whose blocks have their own widths.
   *
   * @param widths of all blocks
   * @param edits what becomes of the tensors; empty unless lines are left out of single matrices
   * @param shapes rows and columns of each weight, those that are left out included
   */
  SortedMap<String, byte[]> perLayer(
      List<BlockWidth> widths, Map<String, TensorEdit> edits, Map<String, int[]> shapes) {
    ObjectNode json = plain();
    ObjectNode own = json.putObject(PER_LAYER);
    BlockWidth standard = whole();
    for (int block = 0; block < widths.size(); block++) {
      BlockWidth width = widths.get(block);
      if (width.experts() > 0) {
        ObjectNode mixture = own.putObject(String.valueOf(block));
        putHeads(mixture, width);
        putExperts(mixture, width);
      } else if (!width.equals(standard)) {
        putWidth(own.putObject(String.valueOf(block)), width);
      }
    }
    if (own.isEmpty()) {
      json.remove(PER_LAYER);
    }
    if (!names.encoder()) {
      json.put(HEAD_DIMENSION, config.headDimension());
    }
    json.put(GLOBAL_ACCESS, true);
    ObjectNode indexed = json.putObject(IndexedTensors.FIELD);
    edits.forEach(
        (weight, edit) -> {
          if (edit instanceof TensorEdit.Cut cut && !cut.indices().isEmpty()) {
            putIndices(indexed, weight, cut, shapes.get(weight));
          }
        });
    if (indexed.isEmpty()) {
      json.remove(IndexedTensors.FIELD);
    }
    return withCode(json);
  }

  /** The configuration, and the code of the model that it describes. */
  private SortedMap<String, byte[]> withCode(ObjectNode json) {
    ObjectNode code = json.putObject(CODE);
    if (names.encoder()) {
      boolean images = config.readsImages();
      code.put(
          names.written().auto(),
          images ? "modeling_pruned_vision.PrunedVision" : "modeling_pruned_encoder.PrunedEncoder");
      String file = images ? VISION_FILE : ENCODER_FILE;
      String modelling = filled(resource(file));
      return files(json, Map.of(file, modelling, LAYERS_FILE, resource(LAYERS_FILE)));
    }
    String module = config.experts() == null ? "modeling_pruned" : "modeling_pruned_experts";
    code.put("AutoModel", module + ".PrunedModel");
    code.put(names.written().auto(), module + ".PrunedForCausalLM");
    String modelling = filled(resource(module + ".py"));
    return files(json, Map.of(module + ".py", modelling, LAYERS_FILE, resource(LAYERS_FILE)));
  }

  private static void putIndices(ObjectNode json, String weight, TensorEdit.Cut cut, int[] shape) {
    String module = weight.substring(0, weight.length() - ".weight".length());
    ObjectNode places = json.putObject(module);
    int[] rows = cut.indices().get(module + "." + IndexedTensors.ROWS);
    int[] columns = cut.indices().get(module + "." + IndexedTensors.COLUMNS);
    if (rows != null) {
      places.putArray("rows").add(rows.length).add(shape[0]);
    }
    if (columns != null) {
      places.putArray("columns").add(columns.length).add(shape[1]);
    }
  }

  /** Files of a folder in the form of Llama-Nemotron models. */
  SortedMap<String, byte[]> nemotron(List<BlockWidth> widths) {
    int heads = widths.stream().mapToInt(BlockWidth::heads).max().orElseThrow();
    ObjectNode json = plain();
    json.putArray("architectures").add("DeciLMForCausalLM");
    json.put("model_type", "nemotron-nas");
    json.put(names.heads(), heads);
    json.put(HEAD_DIMENSION, config.headDimension());
    json.remove(List.of(names.neurons(), names.groups()));
    ArrayNode blocks = json.putArray(BLOCKS);
    for (BlockWidth width : widths) {
      ObjectNode attention = blocks.addObject().putObject("attention");
      if (width.heads() > 0) {
        attention.put("n_heads_in_group", width.headsInGroup());
      } else {
        attention.putNull("n_heads_in_group");
      }
      attention.put("no_op", width.heads() == 0).put("replace_with_linear", false);
      ObjectNode neurons = ((ObjectNode) blocks.get(blocks.size() - 1)).putObject("ffn");
      if (width.neurons() > 0) {
        neurons.put("intermediate_size", width.neurons());
      }
      neurons.put("no_op", width.neurons() == 0).put("replace_with_linear", false);
    }
    if (!json.has("rope_scaling")) {
      json.putNull("rope_scaling");
    }
    ObjectNode code = json.putObject(CODE);
    code.put("AutoConfig", "configuration_nemotron_nas.PrunedConfig");
    code.put("AutoModel", "modeling_nemotron_nas.PrunedModel");
    code.put("AutoModelForCausalLM", "modeling_nemotron_nas.PrunedForCausalLM");
    return files(
        json,
        Map.of(
            LAYERS_FILE,
            resource(LAYERS_FILE),
            "configuration_nemotron_nas.py",
            resource("configuration_nemotron_nas.py"),
            "modeling_nemotron_nas.py",
            resource("modeling_nemotron_nas.py")));
  }

  /** The configuration of the plain architecture, whatever form the folder has. */
  private ObjectNode plain() {
    ObjectNode json = folder.config().deepCopy();
    boolean nemotron = json.has(BLOCKS);
    json.remove(
        List.of(PER_LAYER, BLOCKS, CODE, IndexedTensors.FIELD, GLOBAL_ACCESS, Experts.EMPTY_GONE));
    json.putArray("architectures").add(names.written().architecture());
    if (nemotron) {
      json.put("model_type", "llama");
      putWidth(json, whole());
    }
    return json;
  }

  /** What blocks have that say nothing. */
  private BlockWidth whole() {
    ModelSize size = config.size();
    return new BlockWidth(size.feedForward(), size.heads(), size.keyValueHeads());
  }

  private void putWidth(ObjectNode json, BlockWidth width) {
    json.put(names.neurons(), width.neurons());
    putHeads(json, width);
  }

  private void putHeads(ObjectNode json, BlockWidth width) {
    json.put(names.heads(), width.heads());
    if (names.groups() != null) {
      json.put(names.groups(), width.groups());
    }
  }

  private SortedMap<String, byte[]> files(ObjectNode json, Map<String, String> python) {
    SortedMap<String, byte[]> files = new TreeMap<>();
    PYTHON.forEach(name -> files.put(name, null));
    python.forEach((name, text) -> files.put(name, text.getBytes(StandardCharsets.UTF_8)));
    files.put(CONFIG, bytes(json));
    return files;
  }

  private static byte[] bytes(ObjectNode json) {
    return (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Whether all Python files of a folder are those of this program, so that they may run.
   *
   * @param folder a model
   */
  public static boolean pythonIsOurs(ModelFolder folder) {
    ModelConfig config = Architectures.parse(folder.config(), folder.configPath());
    ConfigFiles files = new ConfigFiles(folder, config);
    return folder.files().stream()
        .filter(name -> name.endsWith(".py"))
        .allMatch(
            name ->
                PYTHON.contains(name) && folder.text(name).equals(files.filled(resource(name))));
  }

  private String filled(String template) {
    Written written = names.written();
    return template
        .replace("@BASE@", written.base())
        .replace("@MODEL@", written.body())
        .replace("@CLASS@", written.architecture())
        .replace("@AUTO@", written.auto())
        .replace("@HEADS@", names.heads())
        .replace("@NEURONS@", names.neurons());
  }

  private static String resource(String name) {
    try (InputStream in = ConfigFiles.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(name + " is missing from the program", e);
    }
  }
}
