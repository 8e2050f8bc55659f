package org.llmsurgeon.checkpoint.image;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.llmsurgeon.InputException;

/**
 * Fields of a {@code preprocessor_config.json}; one that is absent or null has its default.
 *
 * @param json the content
 * @param where the file, for messages
 */
record ProcessorFields(JsonNode json, String where) {
  private static final int CHANNELS = 3;

  /** Sides that no network reads: what a damaged file says must not fill the memory. */
  private static final int MOST_PIXELS = 4096;

  private boolean has(String name) {
    return json.hasNonNull(name);
  }

  String text(String name, String standard) {
    if (!has(name)) {
      return standard;
    }
    if (!json.get(name).isTextual()) {
      throw wrong(name, "a text");
    }
    return json.get(name).textValue();
  }

  boolean flag(String name, boolean standard) {
    if (!has(name)) {
      return standard;
    }
    if (!json.get(name).isBoolean()) {
      throw wrong(name, "true or false");
    }
    return json.get(name).booleanValue();
  }

  int integer(String name, int standard) {
    if (!has(name)) {
      return standard;
    }
    if (!json.get(name).isInt()) {
      throw wrong(name, "a whole number");
    }
    return json.get(name).intValue();
  }

  double number(String name, double standard) {
    if (!has(name)) {
      return standard;
    }
    double number = json.get(name).doubleValue();
    if (!json.get(name).isNumber() || !Double.isFinite(number)) {
      throw wrong(name, "a number");
    }
    return number;
  }

  /** A number of pixels, or an object with sides. */
  ImageProcessor.Size size(String name, int standard) {
    JsonNode size = json.path(name);
    if (!has(name) || size.isInt()) {
      int side = side(name, has(name) ? size : null, standard);
      return new ImageProcessor.Size(side, side);
    }
    if (size.hasNonNull("height") && size.hasNonNull("width")) {
      return new ImageProcessor.Size(
          side(name, size.get("height"), 0), side(name, size.get("width"), 0));
    }
    if (size.hasNonNull("shortest_edge") && !size.hasNonNull("longest_edge")) {
      return new ImageProcessor.Size(side(name, size.get("shortest_edge"), 0), 0);
    }
    throw wrong(name, "a number, or an object with height and width or shortest_edge");
  }

  private int side(String name, JsonNode value, int standard) {
    int side = value == null ? standard : value.isInt() ? value.intValue() : 0;
    if (side < 1 || side > MOST_PIXELS) {
      throw wrong(name, "sides from 1 to " + MOST_PIXELS);
    }
    return side;
  }

  /** A number for each channel. */
  List<Double> numbers(String name, double standard) {
    if (!has(name)) {
      return Collections.nCopies(CHANNELS, standard);
    }
    List<Double> numbers = new ArrayList<>();
    JsonNode list = json.get(name);
    if (list.isNumber()) {
      return Collections.nCopies(CHANNELS, number(name, standard));
    }
    for (JsonNode each : list) {
      if (!each.isNumber() || !Double.isFinite(each.doubleValue())) {
        throw wrong(name, "a list of numbers");
      }
      numbers.add(each.doubleValue());
    }
    if (!list.isArray() || numbers.isEmpty()) {
      throw wrong(name, "a list of numbers");
    }
    return numbers;
  }

  List<Double> deviations(String name, double standard) {
    List<Double> numbers = numbers(name, standard);
    if (numbers.stream().anyMatch(each -> !(each > 0))) {
      throw wrong(name, "a list of positive numbers");
    }
    return numbers;
  }

  InputException wrong(String name, String expected) {
    return new InputException(
        "%s: field \"%s\" is %s, but must be %s".formatted(where, name, json.path(name), expected));
  }
}
