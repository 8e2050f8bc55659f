package org.llmsurgeon.checkpoint.folder;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.TensorEntry;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.storage.StrictJson;

/**
 * Which file of a folder holds which tensor: {@code model.safetensors.index.json}.
 *
 * @param path the index
 * @param files tensor name to file name, in the order of the index
 */
public record ShardIndex(String path, Map<String, String> files) {
  /** Its name in every model folder. */
  public static final String NAME = "model.safetensors.index.json";

  /**
   * Reads an index.
   *
   * @param storage where it is
   * @param path the index
   */
  public static ShardIndex read(Storage storage, String path) {
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

  /**
   * The index of some files.
   *
   * @param layouts what each file holds, by its name
   * @return its content
   */
  static byte[] of(Map<String, SafetensorsLayout> layouts) {
    SortedMap<String, String> places = new TreeMap<>();
    long bytes = 0;
    for (Map.Entry<String, SafetensorsLayout> each : layouts.entrySet()) {
      for (TensorEntry entry : each.getValue().entries().values()) {
        places.put(entry.name(), each.getKey());
        bytes += entry.bytes();
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = new JsonFactory().createGenerator(out).useDefaultPrettyPrinter()) {
      json.writeStartObject();
      json.writeObjectFieldStart("metadata");
      json.writeNumberField("total_size", bytes);
      json.writeEndObject();
      json.writeObjectFieldStart("weight_map");
      for (Map.Entry<String, String> each : places.entrySet()) {
        json.writeStringField(each.getKey(), each.getValue());
      }
      json.writeEndObject();
      json.writeEndObject();
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory", e);
    }
    return out.toByteArray();
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
