package org.llmsurgeon.model.fields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Activation;

/**
 * Typed access to the fields of a configuration. A field that is absent or null has its default;
 * one of the wrong type or range is an {@link InputException} that names the file and the field.
 */
public final class ConfigFields {
  private static final int MOST_BLOCKS = 10_000;

  private static final Map<String, Activation> ACTIVATIONS =
      Map.of(
          "silu", Activation.SILU,
          "swish", Activation.SILU,
          "gelu", Activation.GELU,
          "gelu_python", Activation.GELU,
          "gelu_new", Activation.GELU_TANH,
          "gelu_fast", Activation.GELU_TANH,
          "gelu_pytorch_tanh", Activation.GELU_TANH,
          "relu", Activation.RELU);

  private final JsonNode node;
  private final String where;
  private final String parent;

  private final Set<String> read;

  /**
   * @param node the object whose fields are read
   * @param where the file, for messages
   */
  public ConfigFields(JsonNode node, String where) {
    this(node, where, "", new HashSet<>());
    if (!node.isObject()) {
      throw new InputException(where + ": is not a JSON object, so not a model's configuration");
    }
  }

  private ConfigFields(JsonNode node, String where, String parent, Set<String> read) {
    this.node = node;
    this.where = where;
    this.parent = parent;
    this.read = read;
  }

  /** The file, for messages. */
  public String where() {
    return where;
  }

  /** Whether the field is there and not null. */
  public boolean has(String name) {
    read.add(name);
    return node.hasNonNull(name);
  }

  /** Whether the field is not there at all, not even as null. */
  public boolean isAbsent(String name) {
    read.add(name);
    return !node.has(name);
  }

  /** Names of all fields that are there. */
  public Set<String> nameSet() {
    Set<String> names = new HashSet<>();
    names().forEachRemaining(names::add);
    return names;
  }

  /** Names of the fields that were asked for. */
  public Set<String> asked() {
    return read;
  }

  /** The field as it is; a missing node where it is absent or null. */
  JsonNode raw(String name) {
    return has(name) ? node.get(name) : MissingNode.getInstance();
  }

  /** The fields of a nested object; none where it is absent or null. */
  public ConfigFields object(String name) {
    JsonNode child = raw(name);
    if (!child.isMissingNode() && !child.isObject()) {
      throw wrong(name, "an object");
    }
    return new ConfigFields(child, where, parent + name + ".", new HashSet<>());
  }

  /** One object of a list of objects. */
  ConfigFields element(String name, int index) {
    JsonNode child = raw(name).get(index);
    if (child == null || !child.isObject()) {
      throw wrong(name, "a list of objects");
    }
    return new ConfigFields(
        child, where, "%s%s[%d].".formatted(parent, name, index), new HashSet<>());
  }

  /** Names of all fields. */
  Iterator<String> names() {
    return node.fieldNames();
  }

  /** Where in the file this object is, for messages. */
  String path() {
    return parent.isEmpty() ? "the configuration" : parent.substring(0, parent.length() - 1);
  }

  /** A size that may be 0. */
  public int count(String name, int standard) {
    return raw(name).isInt() && raw(name).intValue() == 0 ? 0 : size(name, standard);
  }

  /** A size that must be there. */
  int required(String name) {
    requireThere(name);
    return size(name, 1);
  }

  /** A size of at least 1. */
  public int size(String name, int standard) {
    JsonNode value = raw(name);
    if (value.isMissingNode()) {
      return standard;
    }
    if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 1) {
      throw wrong(name, "a positive integer");
    }
    return value.intValue();
  }

  /** A number of blocks: what a damaged file says must not fill the memory. */
  public int blocks(String name, int standard) {
    int blocks = size(name, standard);
    if (blocks > MOST_BLOCKS) {
      throw wrong(name, "at most " + MOST_BLOCKS + " (no model has more blocks)");
    }
    return blocks;
  }

  /** Whether something holds. */
  public boolean flag(String name, boolean standard) {
    JsonNode value = raw(name);
    if (!value.isMissingNode() && !value.isBoolean()) {
      throw wrong(name, "true or false");
    }
    return value.isMissingNode() ? standard : value.booleanValue();
  }

  /** A number above 0. */
  public double positive(String name, double standard) {
    JsonNode value = raw(name);
    if (value.isMissingNode()) {
      return standard;
    }
    double number = value.doubleValue();
    if (!value.isNumber() || !(number > 0) || Double.isInfinite(number)) {
      throw wrong(name, "a positive number");
    }
    return number;
  }

  double requiredPositive(String name) {
    requireThere(name);
    return positive(name, Double.NaN);
  }

  private void requireThere(String name) {
    if (!has(name)) {
      throw new InputException("%s: field \"%s%s\" is missing".formatted(where, parent, name));
    }
  }

  /**
   * How many fields an object has.
   *
   * @param standard where it is absent or null
   */
  public int entries(String name, int standard) {
    return has(name) ? Math.max(1, object(name).nameSet().size()) : standard;
  }

  /** A text. */
  public String text(String name, String standard) {
    JsonNode value = raw(name);
    if (!value.isMissingNode() && !value.isTextual()) {
      throw wrong(name, "a text");
    }
    return value.isMissingNode() ? standard : value.textValue();
  }

  /** The first element of a list of texts, or null where the list is absent or empty. */
  public String firstText(String name) {
    JsonNode value = raw(name);
    if (value.isMissingNode() || (value.isArray() && value.isEmpty())) {
      return null;
    }
    if (!value.isArray() || !value.get(0).isTextual()) {
      throw wrong(name, "a list of texts");
    }
    return value.get(0).textValue();
  }

  /** A list of texts, or null where it is absent. */
  public List<String> texts(String name) {
    return list(name, JsonNode::isTextual, JsonNode::textValue, "a list of texts");
  }

  /** A list of integers, or null where it is absent. */
  public List<Integer> counts(String name) {
    return list(name, JsonNode::isInt, JsonNode::intValue, "a list of integers");
  }

  /** A list of so many positive numbers. */
  List<Double> numbers(String name, int count) {
    requireThere(name);
    List<Double> numbers =
        list(name, JsonNode::isNumber, JsonNode::doubleValue, "a list of numbers");
    if (numbers.size() != count || numbers.stream().anyMatch(each -> !(each > 0))) {
      throw wrong(name, "a list of " + count + " positive numbers");
    }
    return numbers;
  }

  private <T> List<T> list(
      String name, Predicate<JsonNode> good, Function<JsonNode, T> value, String what) {
    JsonNode list = raw(name);
    if (list.isMissingNode()) {
      return null;
    }
    List<T> values = new ArrayList<>();
    for (JsonNode each : list) {
      if (!good.test(each)) {
        throw wrong(name, what);
      }
      values.add(value.apply(each));
    }
    if (!list.isArray()) {
      throw wrong(name, what);
    }
    return values;
  }

  /** An activation by the name that transformers gives it. */
  public Activation activation(String name, String standard) {
    String spelled = text(name, standard);
    Activation activation = ACTIVATIONS.get(spelled);
    if (activation == null) {
      throw wrong(
          name, "one of " + String.join(", ", ACTIVATIONS.keySet().stream().sorted().toList()));
    }
    return activation;
  }

  /** The exception for a field whose value cannot be used. */
  public InputException wrong(String name, String expected) {
    return new InputException(
        "%s: field \"%s%s\" is %s, but must be %s"
            .formatted(where, parent, name, raw(name), expected));
  }

  /** The exception for sizes that do not go together. */
  public InputException contradiction(String sentence) {
    return new InputException(where + ": " + sentence);
  }
}
