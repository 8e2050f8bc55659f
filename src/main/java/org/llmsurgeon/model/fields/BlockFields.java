package org.llmsurgeon.model.fields;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.model.config.ModelSize;

/**
 * Reads the sizes of blocks that differ: {@code per_layer_config}, which overrides fields of single
 * blocks (transformers 5), or {@code block_configs}, which describes every block (the Nemotron-NAS
 * models, {@code DeciLMForCausalLM}). A size of 0, or {@code no_op}, is a part that is absent.
 */
public final class BlockFields {
  /** Widths written as a multiple of the residual stream are rounded up to this. */
  private static final int WIDTH_STEP = 256;

  private static final List<String> OF_ATTENTION =
      List.of("window_length", "num_sink_tokens", "replace_with_linear", "sparsify");
  private static final List<String> OF_FEED_FORWARD = List.of("replace_with_linear", "sparsify");

  private BlockFields() {}

  /**
   * Names of the fields that {@code per_layer_config} may override.
   *
   * @param queryHeads query heads
   * @param keyValueHeads key and value heads; null where they are always as many as query heads
   * @param width neurons
   * @param others that somebody else reads
   */
  public record Names(String queryHeads, String keyValueHeads, String width, Set<String> others) {
    /** Names of all fields that may differ. */
    public Names(String queryHeads, String keyValueHeads, String width) {
      this(queryHeads, keyValueHeads, width, Set.of());
    }

    /** The same beside other fields. */
    public Names and(Set<String> more) {
      return new Names(queryHeads, keyValueHeads, width, more);
    }
  }

  /**
   * The blocks of a model whose fields may be overridden.
   *
   * @param fields the configuration
   * @param size what holds for blocks that say nothing
   * @param names names of the fields
   */
  public static List<BlockSize> read(ConfigFields fields, ModelSize size, Names names) {
    BlockSize all = new BlockSize(size.heads(), size.keyValueHeads(), size.feedForward());
    List<BlockSize> blocks = new ArrayList<>(Collections.nCopies(size.blocks(), all));
    own(fields, blocks.size())
        .forEach((block, own) -> blocks.set(block, overridden(own, all, names)));
    return List.copyOf(blocks);
  }

  /**
   * What {@code per_layer_config} says of blocks, by their index.
   *
   * @param fields the configuration
   * @param blocks how many there are
   */
  public static Map<Integer, ConfigFields> own(ConfigFields fields, int blocks) {
    Map<Integer, ConfigFields> own = new TreeMap<>();
    ConfigFields each = fields.object("per_layer_config");
    Iterator<String> keys = each.names();
    while (keys.hasNext()) {
      String key = keys.next();
      own.put(index(each, key, blocks), each.object(key));
    }
    return own;
  }

  private static int index(ConfigFields each, String key, int blocks) {
    int block = key.matches("\\d{1,6}") ? Integer.parseInt(key) : blocks;
    if (block >= blocks) {
      throw each.contradiction(
          "\"per_layer_config\" names block \"%s\", but blocks are 0 to %d"
              .formatted(key, blocks - 1));
    }
    return block;
  }

  private static BlockSize overridden(ConfigFields block, BlockSize all, Names names) {
    Iterator<String> fields = block.names();
    while (fields.hasNext()) {
      String field = fields.next();
      boolean known =
          field.equals(names.queryHeads())
              || field.equals(names.keyValueHeads())
              || field.equals(names.width())
              || names.others().contains(field);
      if (!known) {
        throw block.wrong(field, "the same in every block (only sizes may differ)");
      }
    }
    int heads = block.count(names.queryHeads(), all.queryHeads());
    int keys = names.keyValueHeads() == null ? heads : keys(block, all, heads, names);
    return size(block, heads, keys, block.count(names.width(), all.width()));
  }

  private static int keys(ConfigFields block, BlockSize all, int heads, Names names) {
    return heads == 0 ? 0 : block.count(names.keyValueHeads(), all.keyValueHeads());
  }

  private static BlockSize size(ConfigFields block, int heads, int keyValueHeads, int width) {
    int queries = keyValueHeads == 0 ? 0 : heads;
    if (keyValueHeads > 0 && heads % keyValueHeads != 0) {
      throw block.contradiction(
          "%s: %d query heads are no multiple of %d key/value heads"
              .formatted(block.path(), heads, keyValueHeads));
    }
    return new BlockSize(queries, keyValueHeads, width);
  }

  /**
   * The blocks of a Nemotron-NAS model. Query heads are the same everywhere; each block says how
   * many share a key and value head, and how wide its feed-forward is.
   *
   * @param fields the configuration
   * @param hidden width of the residual stream
   * @param heads query heads
   * @throws InputException for a block of another kind
   */
  public static List<BlockSize> ofNemotron(ConfigFields fields, int hidden, int heads) {
    JsonNode list = fields.raw("block_configs");
    if (!list.isArray() || list.isEmpty()) {
      throw fields.wrong("block_configs", "a list with an object for each block");
    }
    List<BlockSize> blocks = new ArrayList<>();
    for (int block = 0; block < list.size(); block++) {
      ConfigFields each = fields.element("block_configs", block);
      ConfigFields attention = each.object("attention");
      ConfigFields feedForward = each.object("ffn");
      refuse(attention, OF_ATTENTION);
      refuse(feedForward, OF_FEED_FORWARD);
      blocks.add(size(each, heads, groups(attention, heads), width(feedForward, hidden)));
    }
    return List.copyOf(blocks);
  }

  private static void refuse(ConfigFields part, List<String> fields) {
    for (String field : fields) {
      JsonNode value = part.raw(field);
      if (!value.isMissingNode() && !(value.isBoolean() && !value.booleanValue())) {
        throw part.wrong(field, "absent (such blocks are not supported)");
      }
    }
  }

  private static int groups(ConfigFields attention, int heads) {
    if (attention.flag("no_op", false)) {
      return 0;
    }
    int perGroup = attention.required("n_heads_in_group");
    if (heads % perGroup != 0) {
      throw attention.wrong("n_heads_in_group", "a divisor of num_attention_heads, " + heads);
    }
    return heads / perGroup;
  }

  private static int width(ConfigFields feedForward, int hidden) {
    if (feedForward.flag("no_op", false)) {
      return 0;
    }
    if (feedForward.has("intermediate_size")) {
      return feedForward.required("intermediate_size");
    }
    int plain = (int) (2 * feedForward.requiredPositive("ffn_mult") * hidden / 3);
    return (plain + WIDTH_STEP - 1) / WIDTH_STEP * WIDTH_STEP;
  }
}
