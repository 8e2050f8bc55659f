package org.llmsurgeon.checkpoint.arrow;

import java.util.LinkedHashMap;
import java.util.Map;
import org.llmsurgeon.InputException;

/**
 * What a factor file says about its matrix.
 *
 * @param layer the layer's name
 * @param kind which of its factors, for example {@code A} or {@code G}
 * @param size rows and columns of the matrix, at least 1
 * @param tokens tokens that the factor was taken over
 * @param details further text pairs; none of the keys {@code layer}, {@code kind}, {@code size},
 *     {@code tokens}
 */
public record FactorDescription(
    String layer, String kind, int size, long tokens, Map<String, String> details) {
  private static final String LAYER = "layer";
  private static final String KIND = "kind";
  private static final String SIZE = "size";
  private static final String TOKENS = "tokens";

  /** Checks and copies. */
  public FactorDescription {
    if (size < 1 || tokens < 0) {
      throw new IllegalArgumentException(layer + ": size " + size + ", tokens " + tokens);
    }
    for (String key : new String[] {LAYER, KIND, SIZE, TOKENS}) {
      if (details.containsKey(key)) {
        throw new IllegalArgumentException("\"" + key + "\" is reserved");
      }
    }
    details = Map.copyOf(details);
  }

  /** As text pairs of an Arrow schema. */
  Map<String, String> metadata() {
    Map<String, String> pairs = new LinkedHashMap<>();
    pairs.put(LAYER, layer);
    pairs.put(KIND, kind);
    pairs.put(SIZE, Integer.toString(size));
    pairs.put(TOKENS, Long.toString(tokens));
    details.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(each -> pairs.put(each.getKey(), each.getValue()));
    return pairs;
  }

  /** From text pairs of an Arrow schema. */
  static FactorDescription of(Map<String, String> metadata, String path) {
    Map<String, String> rest = new LinkedHashMap<>(metadata);
    String layer = take(rest, LAYER, path);
    String kind = take(rest, KIND, path);
    try {
      int size = Integer.parseInt(take(rest, SIZE, path));
      long tokens = Long.parseLong(take(rest, TOKENS, path));
      if (size >= 1 && tokens >= 0) {
        return new FactorDescription(layer, kind, size, tokens, rest);
      }
    } catch (NumberFormatException e) {
      throw refuse(path, "a size or a token count that is not a number", e);
    }
    throw refuse(path, "a size or a token count that cannot be", null);
  }

  private static String take(Map<String, String> pairs, String key, String path) {
    String value = pairs.remove(key);
    if (value == null) {
      throw refuse(path, "no \"" + key + "\" in its metadata", null);
    }
    return value;
  }

  private static InputException refuse(String path, String what, Exception cause) {
    return new InputException(
        path + " is not a factor file: it has " + what + "; write it again", cause);
  }
}
