package org.llmsurgeon.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.llmsurgeon.InputException;

/**
 * Which file of a folder holds which tensor: {@code model.safetensors.index.json}.
 *
 * @param path the index
 * @param files tensor name to file name, in the order of the index
 */
record ShardIndex(String path, Map<String, String> files) {
  /** Its name in every model folder. */
  static final String NAME = "model.safetensors.index.json";

  /**
   * Reads an index.
   *
   * @param storage where it is
   * @param path the index
   */
  static ShardIndex read(Storage storage, String path) {
    JsonNode map = StrictJson.readObject(storage, path).path("weight_map");
    if (!map.isObject() || map.isEmpty()) {
      throw new InputException(path + " has no weight_map; download it again");
    }
    Map<String, String> files = new LinkedHashMap<>();
    map.properties()
        .forEach(each -> files.put(each.getKey(), plainName(path, each.getKey(), each.getValue())));
    return new ShardIndex(path, files);
  }

  /** File names, each once, in the order in which they first appear. */
  Set<String> shards() {
    return new LinkedHashSet<>(files.values());
  }

  private static String plainName(String path, String tensor, JsonNode file) {
    String name = file.asText();
    if (!file.isTextual() || name.isEmpty() || name.contains("/") || name.contains("\\")) {
      throw new InputException(
          path + " places tensor " + tensor + " in " + file + ", not in a file of its folder");
    }
    return name;
  }
}
