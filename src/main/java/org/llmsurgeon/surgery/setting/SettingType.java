package org.llmsurgeon.surgery.setting;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.llmsurgeon.Choice;
import org.llmsurgeon.InputException;

/**
 * What the values of an option are.
 *
 * @param form what a value looks like
 * @param label what stands for a value in usage lines
 * @param reader makes a value of what is given
 * @param shown a value as a number, boolean or text that the reader takes; null for nothing
 * @param idle the value that asks for nothing; null where each asks for something
 * @param schema what a value looks like in a recipe file, as a JSON schema (draft 2020-12)
 */
public record SettingType<T>(
    Form form,
    String label,
    Reader<T> reader,
    Function<T, Object> shown,
    T idle,
    Map<String, Object> schema) {
  /** What a value looks like. */
  public enum Form {
    /** One word or number. */
    TEXT,
    /** One or more words. */
    LIST,
    /** Given or not. */
    SWITCH;

    String shown(Object value) {
      return value == null ? null : this != SWITCH ? value.toString() : yes(value);
    }

    private static String yes(Object value) {
      return value.equals(true) ? "yes" : "no";
    }
  }

  /** Makes a value of what is given. */
  @FunctionalInterface
  public interface Reader<T> {
    /**
     * A value.
     *
     * @param option whose it is, for the message
     * @param given a number, boolean, text or list
     * @throws InputException if it is none
     */
    T read(Setting<?> option, Object given);
  }

  private static final String TYPE = "type";
  private static final String EITHER = "anyOf";
  private static final Map<String, Object> SHARE =
      Map.of(TYPE, "number", "exclusiveMinimum", 0, "maximum", 1);

  private SettingType(
      String label, Reader<T> reader, Function<T, Object> shown, Map<String, Object> schema) {
    this(Form.TEXT, label, reader, shown, null, schema);
  }

  /** With another schema. */
  public SettingType<T> schema(Map<String, Object> other) {
    return new SettingType<>(form, label, reader, shown, idle, other);
  }

  /** Whose values are the names of some constants, in a recipe file too. */
  public SettingType<T> among(Enum<?>... constants) {
    return schema(Map.of("enum", Arrays.stream(constants).map(Choice::name).toList()));
  }

  private static Map<String, Object> typed(String type) {
    return Map.of(TYPE, type);
  }

  private static Map<String, Object> listOf(Map<String, Object> each) {
    return Map.of(TYPE, "array", "items", each);
  }

  @SafeVarargs
  private static Map<String, Object> either(Map<String, Object>... choices) {
    return Map.of(EITHER, List.of(choices));
  }

  /** Whether values are of a kind; what else is refused with this remedy. */
  public SettingType<T> that(Predicate<T> holds, String remedy) {
    Reader<T> checked =
        (option, given) -> {
          T value = reader.read(option, given);
          if (!holds.test(value)) {
            throw new InputException(
                option.spelled() + " is " + shown.apply(value) + "; give " + remedy + ".");
          }
          return value;
        };
    return new SettingType<>(form, label, checked, shown, idle, schema);
  }

  /** Any text. */
  public static SettingType<String> text(String label) {
    return new SettingType<>(label, SettingType::readOne, value -> value, typed("string"));
  }

  private static String readOne(Setting<?> option, Object given) {
    List<String> all = readAll(option, given);
    if (all.size() != 1) {
      throw new InputException(
          "The setting '" + option.name() + "' has " + all.size() + " values; give one.");
    }
    return all.get(0);
  }

  /** Names of files, one after another. */
  public static SettingType<List<String>> files() {
    return new SettingType<>(
        Form.LIST,
        "FILE",
        SettingType::readAll,
        value -> value,
        null,
        either(typed("string"), listOf(typed("string"))));
  }

  private static List<String> readAll(Setting<?> option, Object given) {
    return given instanceof List<?> all
        ? all.stream().map(String::valueOf).toList()
        : List.of(given.toString());
  }

  /** Texts of a kind, one after another or joined by commas. */
  public static <T> SettingType<List<T>> words(
      String label, Function<String, T> parse, Function<T, String> show) {
    return new SettingType<>(
        Form.LIST,
        label,
        (option, given) -> readWords(option, given).map(parse).toList(),
        all -> emptyAsNull(all.stream().map(show).collect(Collectors.joining(","))),
        null,
        either(typed("string"), listOf(typed("string"))));
  }

  /** Words of a text, of which there must be one, or of a list, which may be empty. */
  private static Stream<String> readWords(Setting<?> option, Object given) {
    List<String> words =
        Arrays.stream(joined(given).split(","))
            .map(String::strip)
            .filter(word -> !word.isEmpty())
            .toList();
    if (words.isEmpty() && !(given instanceof Iterable<?> list && !list.iterator().hasNext())) {
      throw wrong(option, joined(given), "a name, or leave it out");
    }
    return words.stream();
  }

  /** Given or not. */
  public static SettingType<Boolean> flag() {
    return new SettingType<>(
        Form.SWITCH, "", SettingType::readFlag, value -> value, false, typed("boolean"));
  }

  private static boolean readFlag(Setting<?> option, Object given) {
    String value = given.toString();
    if (!value.equals("true") && !value.equals("false")) {
      throw wrong(option, given, "true or false");
    }
    return value.equals("true");
  }

  /** One of several names. */
  public static <T> SettingType<T> choice(
      String label, Function<String, T> parse, Function<T, String> show) {
    return new SettingType<>(
        label,
        (option, given) -> parse.apply(joined(given)),
        show::apply,
        either(typed("string"), listOf(typed("string"))));
  }

  /** Text that is read in its own way. */
  public static <T> SettingType<T> parsed(
      String label, BiFunction<Setting<?>, String, T> parse, Function<T, Object> show) {
    return new SettingType<>(
        label,
        (option, given) -> parse.apply(option, joined(given)),
        show,
        either(typed("string"), typed("integer")));
  }

  /** A number. */
  public static SettingType<Double> number(String label) {
    return new SettingType<>(label, SettingType::readNumber, value -> value, typed("number"));
  }

  /** A number above 0 and up to 1. */
  public static SettingType<Double> share(String remedy) {
    return number("SHARE").that(value -> value > 0 && value <= 1, remedy).schema(SHARE);
  }

  private static double readNumber(Setting<?> option, Object given) {
    try {
      return given instanceof Number number
          ? number.doubleValue()
          : Double.parseDouble(given.toString());
    } catch (NumberFormatException wrong) {
      throw wrong(option, given, "a number");
    }
  }

  /** Numbers joined by commas, or in a list. */
  public static SettingType<List<Double>> numbers(String label) {
    return new SettingType<>(
        label,
        (option, given) -> {
          try {
            return Arrays.stream(joined(given).split(","))
                .map(word -> Double.valueOf(word.strip()))
                .toList();
          } catch (NumberFormatException wrong) {
            throw wrong(option, given, "numbers joined by commas");
          }
        },
        all -> emptyAsNull(all.stream().map(String::valueOf).collect(Collectors.joining(","))),
        either(SHARE, listOf(SHARE), typed("string")));
  }

  /** Numbers above 0 and up to 1, sorted, each once. */
  public static SettingType<List<Double>> shares(String remedy) {
    SettingType<List<Double>> numbers = numbers("SHARES");
    return new SettingType<>(
            numbers.label,
            (option, given) ->
                numbers.reader.read(option, given).stream().distinct().sorted().toList(),
            numbers.shown,
            numbers.schema)
        .that(all -> all.stream().allMatch(each -> each > 0 && each <= 1), remedy);
  }

  /** A whole number of at least this. */
  public static SettingType<Integer> integer(int least) {
    return integer(least, "at least " + least);
  }

  /** A whole number of at least this; what is below is refused with this remedy. */
  public static SettingType<Integer> integer(int least, String remedy) {
    Map<String, Object> schema = Map.of(TYPE, "integer", "minimum", least);
    return new SettingType<Integer>("N", SettingType::readInteger, value -> value, schema)
        .that(value -> value >= least, remedy);
  }

  /** A whole number of at least 1, or a word, which is read as nothing. */
  public static SettingType<OptionalInt> integerOr(String word) {
    return new SettingType<OptionalInt>(
            "N",
            (option, given) ->
                given.equals(word)
                    ? OptionalInt.empty()
                    : OptionalInt.of(readInteger(option, given)),
            value -> value.isPresent() ? (Object) value.getAsInt() : word,
            either(Map.of(TYPE, "integer", "minimum", 1), Map.of("const", word)))
        .that(value -> value.orElse(1) >= 1, "at least 1");
  }

  private static int readInteger(Setting<?> option, Object given) {
    long value = readLong(option, given);
    if (value != (int) value) {
      throw wrong(option, given, "a whole number below 2^31");
    }
    return (int) value;
  }

  /** Any whole number. */
  public static SettingType<Long> longInteger() {
    return new SettingType<>("N", SettingType::readLong, value -> value, typed("integer"));
  }

  private static long readLong(Setting<?> option, Object given) {
    try {
      return Long.parseLong(given.toString());
    } catch (NumberFormatException wrong) {
      throw wrong(option, given, "a whole number");
    }
  }

  /** A value as text; of a list the words joined by commas. */
  private static String joined(Object value) {
    if (value instanceof Iterable<?> list) {
      StringBuilder joined = new StringBuilder();
      list.forEach(each -> joined.append(joined.isEmpty() ? "" : ",").append(each));
      return joined.toString();
    }
    return value.toString();
  }

  private static Object emptyAsNull(String text) {
    return text.isEmpty() ? null : text;
  }

  private static InputException wrong(Setting<?> option, Object given, String wanted) {
    return new InputException(
        "The option '" + option.name() + "' is '" + given + "'; give " + wanted + ".");
  }
}
