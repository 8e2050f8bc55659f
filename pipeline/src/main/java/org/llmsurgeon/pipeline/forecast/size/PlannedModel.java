package org.llmsurgeon.pipeline.forecast.size;

import com.fasterxml.jackson.databind.JsonNode;
import org.apache.hadoop.conf.Configuration;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.ObjectiveChoice;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.files.Json;

/**
 * What a plan needs to know of a model: no weights.
 *
 * @param config the network
 * @param weightBytes bytes of one stored weight: 2 or 4
 */
public record PlannedModel(ModelConfig config, int weightBytes) {
  private static final String FILE = "config.json";

  /**
   * Reads a model's configuration.
   *
   * @param path a model folder or its configuration, local or on any Hadoop file system
   * @param objective what it is to do
   * @throws InputException if there is none, or it is of a network that is not supported
   */
  public static PlannedModel read(String path, ObjectiveChoice objective) {
    HadoopStorage storage = new HadoopStorage(new Configuration());
    String file = path.endsWith(".json") ? path : Storage.child(path, FILE);
    JsonNode json =
        Json.read(storage.readBytes(file), JsonNode.class)
            .filter(JsonNode::isObject)
            .orElseThrow(
                () ->
                    new InputException(file + " is no JSON object; give a model's " + FILE + "."));
    String format = json.path(json.has("dtype") ? "dtype" : "torch_dtype").asText();
    int weightBytes = format.equals("float16") || format.equals("bfloat16") ? 2 : Float.BYTES;
    return new PlannedModel(objective.of(Architectures.parse(json, file)), weightBytes);
  }
}
