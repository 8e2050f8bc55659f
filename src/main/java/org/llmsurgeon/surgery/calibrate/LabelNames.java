package org.llmsurgeon.surgery.calibrate;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.text.LabelledText;

/**
 * Labels by the numbers and the names that a model's configuration gives them.
 *
 * @param count how many there are
 * @param byName number of each name
 */
public record LabelNames(int count, Map<String, Integer> byName) {
  /** Most names in a message. */
  private static final int SHOWN = 8;

  /** Copies the map. */
  public LabelNames {
    byName = Map.copyOf(byName);
  }

  /**
   * Those of a configuration: {@code label2id}, and what {@code id2label} has beside.
   *
   * @param config content of {@code config.json}
   * @param count how many the network tells apart
   */
  public static LabelNames of(JsonNode config, int count) {
    Map<String, Integer> names = new HashMap<>();
    config
        .path("id2label")
        .fields()
        .forEachRemaining(
            each -> names.put(each.getValue().asText(), number("id2label", each.getKey())));
    config
        .path("label2id")
        .fields()
        .forEachRemaining(
            each -> names.put(each.getKey(), number("label2id", each.getValue().asText())));
    names.values().removeIf(each -> each < 0 || each >= count);
    return new LabelNames(count, names);
  }

  private static int number(String field, String text) {
    try {
      return Integer.parseInt(text.strip());
    } catch (NumberFormatException none) {
      throw new InputException(
          "config.json has \"%s\" as the number of a label in \"%s\"; give a whole number"
              .formatted(text, field));
    }
  }

  /**
   * The number of a label.
   *
   * @param label a number from 0, or a name
   * @param text whose it is, for the message
   * @throws InputException naming line and column where the model does not have it
   */
  public int number(JsonNode label, LabelledText text) {
    if (label.isIntegralNumber() && label.canConvertToInt()) {
      int number = label.intValue();
      if (number >= 0 && number < count) {
        return number;
      }
      throw wrong(label, text);
    }
    boolean whole = label.isNumber() && label.doubleValue() == Math.rint(label.doubleValue());
    Integer number =
        whole ? Integer.valueOf((int) label.doubleValue()) : byName.get(label.asText());
    if (number == null || number < 0 || number >= count || label.isContainerNode()) {
      throw wrong(label, text);
    }
    return number;
  }

  private InputException wrong(JsonNode label, LabelledText text) {
    TreeMap<Integer, String> sorted = new TreeMap<>();
    byName.forEach((name, number) -> sorted.put(number, name));
    String names =
        sorted.isEmpty()
            ? ""
            : " or "
                + String.join(", ", sorted.values().stream().limit(SHOWN).toList())
                + (sorted.size() > SHOWN ? ", ..." : "");
    return new InputException(
        "%s has %s as its \"%s\", which is no label of the model; give a number from 0 to %d%s"
            .formatted(text.where(), label, text.column(), count - 1, names));
  }
}
