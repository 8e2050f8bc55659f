package org.llmsurgeon.checkpoint.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.llmsurgeon.InputException;

/**
 * Which columns of labelled data are read. Where none are named, those are that data sets usually
 * have: of the first names that are all there.
 *
 * @param texts one column or two; empty for the usual ones
 * @param label column of the label; null for the usual one
 */
public record LabelledColumns(List<String> texts, String label) implements Serializable {
  /** What data sets usually have. */
  public static final LabelledColumns USUAL = new LabelledColumns(List.of(), null);

  private static final List<List<String>> PAIRS =
      List.of(
          List.of("sentence1", "sentence2"),
          List.of("premise", "hypothesis"),
          List.of("question1", "question2"),
          List.of("question", "sentence"),
          List.of("question", "answer"),
          List.of("query", "passage"),
          List.of("text1", "text2"),
          List.of("text", "text_pair"));

  private static final List<List<String>> TEXTS =
      List.of(List.of("text"), List.of("sentence"), List.of("review"), List.of("content"));

  private static final List<List<String>> WORDS = List.of(List.of("tokens"), List.of("words"));

  private static final List<List<String>> LABELS =
      List.of(
          List.of("label"),
          List.of("labels"),
          List.of("score"),
          List.of("similarity_score"),
          List.of("ner_tags"),
          List.of("tags"),
          List.of("pos_tags"));

  /** Copies the list. */
  public LabelledColumns {
    texts = List.copyOf(texts);
    if (texts.size() > 2) {
      throw new InputException(
          "There are %d columns of texts, %s; name one, or two for pairs"
              .formatted(texts.size(), String.join(", ", texts)));
    }
  }

  /**
   * What a row holds.
   *
   * @param row the row
   * @param words whether the text is a list of words, each of which has a label
   * @param where the row, for messages
   * @throws InputException naming the row and a column that is not there or holds something else
   */
  public LabelledText of(JsonNode row, boolean words, String where) {
    Set<String> names = new TreeSet<>();
    row.fieldNames().forEachRemaining(names::add);
    List<String> columns = texts.isEmpty() ? usualTexts(names, words, where) : texts;
    String labels = label == null ? usual(LABELS, names, "label", where).get(0) : label;
    List<String> read = new ArrayList<>();
    for (String column : columns) {
      if (words) {
        each(row, column, where).forEach(word -> read.add(text(word, column, where)));
      } else {
        read.add(text(there(row, column, where), column, where));
      }
    }
    List<JsonNode> given = new ArrayList<>();
    if (words) {
      each(row, labels, where).forEach(given::add);
      if (given.size() != read.size()) {
        throw new InputException(
            "%s has %d words in \"%s\" and %d labels in \"%s\"; give one for each"
                .formatted(where, read.size(), columns.get(0), given.size(), labels));
      }
    } else {
      given.add(there(row, labels, where));
    }
    return new LabelledText(where, read, labels, given);
  }

  /** The same for pairs of texts: a single column that is named is of other texts. */
  public LabelledColumns ofPairs() {
    return texts.size() == 1 ? new LabelledColumns(List.of(), label) : this;
  }

  /** Whether columns are named that pairs of texts with a label have, and no other text has. */
  public boolean namePairs() {
    return texts.size() > 1 || label != null;
  }

  /**
   * Whether a row is a pair of texts with a label, under these names or, where none are given,
   * under usual ones.
   *
   * @param row the row
   */
  public boolean isPair(JsonNode row) {
    Set<String> names = new TreeSet<>();
    row.fieldNames().forEachRemaining(names::add);
    List<List<String>> pairs = texts.size() == 2 ? List.of(texts) : PAIRS;
    List<List<String>> labels = label == null ? LABELS : List.of(List.of(label));
    return pairs.stream().anyMatch(names::containsAll)
        && labels.stream().anyMatch(names::containsAll);
  }

  private static List<String> usualTexts(Set<String> names, boolean words, String where) {
    List<List<String>> candidates = new ArrayList<>();
    if (words) {
      candidates.addAll(WORDS);
    } else {
      candidates.addAll(PAIRS);
      candidates.addAll(TEXTS);
    }
    return usual(candidates, names, words ? "list of words" : "text", where);
  }

  private static List<String> usual(
      List<List<String>> candidates, Set<String> names, String what, String where) {
    return candidates.stream()
        .filter(names::containsAll)
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "%s has no %s under a usual name (%s), but %s; name the column"
                        .formatted(
                            where,
                            what,
                            candidates.stream()
                                .map(each -> String.join(" and ", each))
                                .collect(Collectors.joining(", ")),
                            quoted(names))));
  }

  private static JsonNode there(JsonNode row, String column, String where) {
    JsonNode value = row.path(column);
    if (value.isMissingNode() || value.isNull()) {
      Set<String> names = new TreeSet<>();
      row.fieldNames().forEachRemaining(names::add);
      throw new InputException(
          "%s has no \"%s\", but %s; give each row one, or name another column"
              .formatted(where, column, quoted(names)));
    }
    return value;
  }

  private static JsonNode each(JsonNode row, String column, String where) {
    JsonNode list = there(row, column, where);
    if (!list.isArray()) {
      throw new InputException(
          "%s has %s as its \"%s\"; give a list with one for each word"
              .formatted(where, kind(list), column));
    }
    return list;
  }

  private static String text(JsonNode value, String column, String where) {
    if (!value.isTextual()) {
      throw new InputException(
          "%s has %s as its \"%s\"; give a string".formatted(where, kind(value), column));
    }
    return value.textValue();
  }

  private static String kind(JsonNode value) {
    return JsonText.name(value.asToken());
  }

  private static String quoted(Set<String> names) {
    return names.isEmpty()
        ? "nothing"
        : names.stream().map(name -> '"' + name + '"').collect(Collectors.joining(", "));
  }
}
