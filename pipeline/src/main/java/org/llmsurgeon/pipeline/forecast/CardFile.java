package org.llmsurgeon.pipeline.forecast;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.StreamSupport;
import org.apache.hadoop.conf.Configuration;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.bench.DeviceBenchmark;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.files.Json;
import org.llmsurgeon.pipeline.forecast.size.Cards;

/** A card of which a plan knows what {@code surgeon bench --device cuda --json} has measured. */
public final class CardFile {
  private static final String REMEDY =
      "; give what 'surgeon bench --device cuda --json' prints on the machine with the card.";

  private CardFile() {}

  /**
   * A card by its name or its measurements.
   *
   * @param card a name of the table, as {@code h100}, or a file that ends in {@code .json}
   * @throws InputException if there is no such card or file, or it is of something else
   */
  public static Cards.Kind of(String card) {
    return card.endsWith(".json") ? read(card) : CardTable.of(card);
  }

  private static Cards.Kind read(String path) {
    JsonNode json =
        Json.read(new HadoopStorage(new Configuration(false)).readBytes(path), JsonNode.class)
            .filter(JsonNode::isObject)
            .orElseThrow(() -> new InputException(path + " is no JSON object" + REMEDY));
    if (json.path("memory_bytes").asLong() <= 0) {
      throw new InputException(path + " was not measured on a card" + REMEDY);
    }
    return new Cards.Kind(
        json.path("device").asText(),
        json.path("memory_bytes").asLong(),
        rate(path, json, DeviceBenchmark.WITH_FACTORS),
        rate(path, json, DeviceBenchmark.INVERSE_IN_DOUBLE),
        "measured by bench, products in " + json.path("products").asText());
  }

  /** The rate of the step whose name has these words. */
  private static double rate(String path, JsonNode json, String words) {
    return StreamSupport.stream(json.path("steps").spliterator(), false)
        .filter(step -> step.path("name").asText().matches(words))
        .mapToDouble(step -> step.path("flops_per_second").asDouble())
        .filter(rate -> rate > 0)
        .findFirst()
        .orElseThrow(() -> new InputException(path + " lacks a step of bench" + REMEDY));
  }
}
