package org.llmsurgeon.checkpoint.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.llmsurgeon.InputException;

/**
 * Published sets of questions in the form of their JSON lines. What is asked, and what counts as
 * the length of an answer, is that of the tasks of EleutherAI's lm-evaluation-harness without
 * examples ({@code lm_eval/tasks/arc, hellaswag, piqa, winogrande}, version 0.4), so that the
 * accuracies can be held against published ones.
 */
enum QuestionSet {
  /**
   * ARC (Clark et al. 2018): a {@code question} with {@code choices} that have labels, and an
   * {@code answerKey}; as AI2 published it (a {@code stem} inside of {@code question}) or as the
   * Hugging Face hub holds it.
   */
  ARC("answerKey") {
    @Override
    ChoiceQuestion question(JsonNode object, String where) {
      JsonNode inner = object.path("question");
      JsonNode text = inner.isTextual() ? inner : inner.path("stem");
      JsonNode listed = inner.isTextual() ? object.path("choices") : inner.path("choices");
      List<String> choices = new ArrayList<>();
      List<String> labels = new ArrayList<>();
      if (listed.isArray()) {
        listed.forEach(each -> choices.add(text(each, "text", where)));
        listed.forEach(each -> labels.add(each.path("label").asText()));
      } else {
        listed.path("text").forEach(each -> choices.add(each.asText()));
        listed.path("label").forEach(each -> labels.add(each.asText()));
      }
      require(text.isTextual() && !text.asText().isBlank(), where, "has no question");
      require(choices.size() > 1 && choices.size() == labels.size(), where, "has no choices");
      int answer = labels.indexOf(object.path("answerKey").asText());
      require(answer >= 0, where, "has an answerKey that no choice is labelled with");
      return ChoiceQuestion.of(where, asked(text.asText()), choices, answer);
    }
  },

  /** HellaSwag (Zellers et al. 2019): an {@code activity_label}, a {@code ctx} and four endings. */
  HELLASWAG("endings") {
    @Override
    ChoiceQuestion question(JsonNode object, String where) {
      List<String> choices = new ArrayList<>();
      object.path("endings").forEach(each -> choices.add(cleaned(each.asText())));
      require(choices.size() > 1, where, "has no endings");
      String activity = text(object, "activity_label", where);
      String context =
          text(object, "ctx_a", where) + " " + capitalised(object.path("ctx_b").asText());
      int answer = number(object, "label", 0, choices.size(), where);
      return ChoiceQuestion.of(where, cleaned(activity + ": " + context), choices, answer);
    }
  },

  /** PIQA (Bisk et al. 2020): a {@code goal} and two ways to it. */
  PIQA("sol1") {
    @Override
    ChoiceQuestion question(JsonNode object, String where) {
      List<String> choices = List.of(text(object, "sol1", where), text(object, "sol2", where));
      int answer = number(object, "label", 0, 2, where);
      return ChoiceQuestion.of(where, asked(text(object, "goal", where)), choices, answer);
    }
  },

  /**
   * WinoGrande (Sakaguchi et al. 2020): a {@code sentence} with a gap, and two words for it. The
   * score is that of the rest of the sentence, which is the same after both.
   */
  WINOGRANDE("option1") {
    @Override
    ChoiceQuestion question(JsonNode object, String where) {
      String sentence = text(object, "sentence", where);
      int gap = sentence.indexOf('_');
      require(gap >= 0, where, "has no gap '_' in its sentence");
      String rest = sentence.substring(gap + 1).strip();
      require(!rest.isEmpty(), where, "has nothing after the gap of its sentence");
      List<String> contexts = new ArrayList<>();
      for (String option : List.of("option1", "option2")) {
        contexts.add(sentence.substring(0, gap) + text(object, option, where));
      }
      int answer = number(object, "answer", 1, 2, where) - 1;
      List<Integer> lengths = contexts.stream().map(ChoiceQuestion::characters).toList();
      return new ChoiceQuestion(where, contexts, List.of(rest, rest), lengths, answer);
    }
  };

  private final String mark;

  QuestionSet(String mark) {
    this.mark = mark;
  }

  /**
   * The set whose form an object has.
   *
   * @param object a line
   * @return empty where it is of none
   */
  static Optional<QuestionSet> of(JsonNode object) {
    for (QuestionSet set : values()) {
      if (object.has(set.mark)) {
        return Optional.of(set);
      }
    }
    return Optional.empty();
  }

  /**
   * A line as a question.
   *
   * @param object of this form
   * @param where file and line, for messages
   * @throws InputException naming them where a field is missing
   */
  abstract ChoiceQuestion question(JsonNode object, String where);

  String label() {
    return switch (this) {
      case ARC -> "ARC";
      case HELLASWAG -> "HellaSwag";
      case PIQA -> "PIQA";
      case WINOGRANDE -> "WinoGrande";
    };
  }

  private static String asked(String question) {
    return "Question: " + question + "\nAnswer:";
  }

  /** What the harness makes of HellaSwag's texts, which are from WikiHow: titles are marked. */
  private static String cleaned(String text) {
    return text.strip().replace(" [title]", ". ").replaceAll("\\[.*?\\]", "").replace("  ", " ");
  }

  /** The first letter large and all others small, as Python's {@code capitalize} has it. */
  private static String capitalised(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int end = text.offsetByCodePoints(0, 1);
    return text.substring(0, end).toUpperCase(Locale.ROOT)
        + text.substring(end).toLowerCase(Locale.ROOT);
  }

  String text(JsonNode object, String field, String where) {
    JsonNode value = object.path(field);
    require(value.isTextual() && !value.asText().isBlank(), where, "has no text \"" + field + "\"");
    return value.asText();
  }

  /** A number, or its digits in quotes. */
  int number(JsonNode object, String field, int from, int count, String where) {
    String value = object.path(field).asText("");
    boolean digits = value.matches("\\d{1,4}");
    int number = digits ? Integer.parseInt(value) : -1;
    require(
        number >= from && number < from + count,
        where,
        "has no \"" + field + "\" from " + from + " to " + (from + count - 1));
    return number;
  }

  void require(boolean holds, String where, String otherwise) {
    if (!holds) {
      throw new InputException(
          where
              + " looks like a line of "
              + label()
              + " and "
              + otherwise
              + "; give it as published");
    }
  }
}
