package org.llmsurgeon.checkpoint.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.storage.StrictJson;
import org.llmsurgeon.checkpoint.storage.StrictText;

/**
 * A question with several answers, one of them right.
 *
 * @param where file and line, for messages
 * @param contexts for each answer, what comes before it
 * @param choices for each answer, what is scored after its context
 * @param lengths for each answer, by how many characters (code points) its score is divided where
 *     that is normalised
 * @param answer position of the right one, from 0
 */
public record ChoiceQuestion(
    String where, List<String> contexts, List<String> choices, List<Integer> lengths, int answer) {
  /** Copies the lists. */
  public ChoiceQuestion {
    contexts = List.copyOf(contexts);
    choices = List.copyOf(choices);
    lengths = List.copyOf(lengths);
  }

  /**
   * A question whose answers follow on the same context.
   *
   * @param where file and line, for messages
   * @param context what comes before the answer
   * @param choices the answers
   * @param answer position of the right one, from 0
   */
  public static ChoiceQuestion of(String where, String context, List<String> choices, int answer) {
    return new ChoiceQuestion(
        where,
        Collections.nCopies(choices.size(), context),
        choices,
        choices.stream().map(ChoiceQuestion::characters).toList(),
        answer);
  }

  /**
   * Length of a text as the normalisation counts it.
   *
   * @param text any text
   */
  static int characters(String text) {
    return text.codePointCount(0, text.length());
  }

  /**
   * Reads a file of JSON lines: objects with a text {@code context}, a list of texts {@code
   * choices} and the number {@code answer}, from 0; or questions in the form of a set that {@link
   * QuestionSet} knows. Other fields are not read.
   *
   * @param storage where the file is
   * @param path the file
   * @return at least one question
   * @throws InputException naming file and line where one is no question
   */
  public static List<ChoiceQuestion> read(Storage storage, String path) {
    String text = StrictText.withoutMark(StrictText.decode(storage.readBytes(path), path));
    String[] lines = text.split("\r\n|\n", -1);
    List<ChoiceQuestion> questions = new ArrayList<>();
    for (int i = 0; i < lines.length; i++) {
      if (!lines[i].isBlank()) {
        String where = path + ", line " + (i + 1) + ",";
        JsonNode object = StrictJson.object(lines[i], where);
        questions.add(
            QuestionSet.of(object)
                .map(set -> set.question(object, where))
                .orElseGet(() -> of(object, where)));
      }
    }
    if (questions.isEmpty()) {
      throw new InputException(path + " holds no question; give one object on each line");
    }
    return questions;
  }

  private static ChoiceQuestion of(JsonNode object, String where) {
    JsonNode context = object.path("context");
    require(context.isTextual(), where, "has no text \"context\"");
    JsonNode listed = object.path("choices");
    require(listed.isArray() && listed.size() > 1, where, "has no list \"choices\" of two or more");
    List<String> choices = new ArrayList<>();
    for (JsonNode choice : listed) {
      boolean text = choice.isTextual() && !choice.asText().isBlank();
      require(text, where, "has a choice that is no text");
      choices.add(choice.asText());
    }
    JsonNode answer = object.path("answer");
    boolean position = answer.isInt() && answer.asInt() >= 0 && answer.asInt() < choices.size();
    require(position, where, "has no \"answer\" from 0 to " + (choices.size() - 1));
    return of(where, context.asText(), choices, answer.asInt());
  }

  private static void require(boolean holds, String where, String otherwise) {
    if (!holds) {
      throw new InputException(
          where
              + " "
              + otherwise
              + "; give {\"context\": TEXT, \"choices\": [TEXT, ...], \"answer\": NUMBER}, or a"
              + " line of ARC, HellaSwag, PIQA or WinoGrande");
    }
  }
}
