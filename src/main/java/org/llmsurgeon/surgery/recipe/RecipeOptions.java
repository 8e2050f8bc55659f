package org.llmsurgeon.surgery.recipe;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.llmsurgeon.InputException;

/**
 * Reads typed values out of a map of options laid over defaults, and says what is wrong with one.
 */
final class RecipeOptions {
  private final Map<String, Object> values;
  private final Map<String, ?> given;

  RecipeOptions(Map<String, Object> defaults, Map<String, ?> given) {
    values = new LinkedHashMap<>(defaults);
    this.given = given;
    for (Map.Entry<String, ?> each : given.entrySet()) {
      if (!defaults.containsKey(each.getKey())) {
        throw new InputException(
            "There is no recipe option '"
                + each.getKey()
                + "'; the options are "
                + String.join(", ", defaults.keySet())
                + ".");
      }
      if (each.getValue() != null) {
        values.put(each.getKey(), each.getValue());
      }
    }
  }

  String text(String name) {
    Object value = values.get(name);
    if (value == null) {
      throw wrong(name, "a name");
    }
    return text(value);
  }

  /** A value as text; of a list the words joined by commas. */
  static String text(Object value) {
    if (value instanceof Iterable<?> list) {
      StringBuilder joined = new StringBuilder();
      list.forEach(each -> joined.append(joined.isEmpty() ? "" : ",").append(each));
      return joined.toString();
    }
    return value.toString();
  }

  String optionalText(String name) {
    return values.get(name) == null ? null : text(name);
  }

  /** Whether the option was asked for. */
  boolean given(String name) {
    return given.get(name) != null;
  }

  double number(String name) {
    if (values.get(name) instanceof Number number) {
      return number.doubleValue();
    }
    try {
      return Double.parseDouble(String.valueOf(values.get(name)));
    } catch (NumberFormatException e) {
      throw wrong(name, "a number");
    }
  }

  /** Numbers as {@link #numbers} reads them. */
  static String joined(List<Double> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  /** Numbers joined by commas, or in a list. */
  List<Double> numbers(String name) {
    try {
      return Arrays.stream(text(name).split(","))
          .map(word -> Double.valueOf(word.strip()))
          .toList();
    } catch (NumberFormatException e) {
      throw wrong(name, "numbers joined by commas");
    }
  }

  long longInteger(String name) {
    try {
      return Long.parseLong(String.valueOf(values.get(name)));
    } catch (NumberFormatException e) {
      throw wrong(name, "a whole number");
    }
  }

  int integer(String name) {
    long value = longInteger(name);
    if (value != (int) value) {
      throw wrong(name, "a whole number below 2^31");
    }
    return (int) value;
  }

  Integer optionalInteger(String name) {
    return values.get(name) == null ? null : Integer.valueOf(integer(name));
  }

  boolean flag(String name) {
    String value = String.valueOf(values.get(name));
    if (!value.equals("true") && !value.equals("false")) {
      throw wrong(name, "true or false");
    }
    return value.equals("true");
  }

  private InputException wrong(String name, String wanted) {
    return new InputException(
        "The option '" + name + "' is '" + values.get(name) + "'; give " + wanted + ".");
  }
}
