package org.llmsurgeon.pipeline.evaluate;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.checkpoint.storage.Sha256;
import org.llmsurgeon.checkpoint.text.ChoiceQuestion;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.files.Json;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.surgery.evaluate.MultipleChoice;

/** Asks models the questions of some files, a task for every few of them. */
public final class ChoiceEvaluation {
  private static final int QUESTIONS = 16;

  private final Session session;
  private final List<MultipleChoice> questions;

  /**
   * Questions in the tokens of a model.
   *
   * @param session the operation
   * @param folder the model's folder, which has the tokenizer
   * @param files questions
   * @throws org.llmsurgeon.InputException if a question cannot be asked, or the model says no next
   *     tokens
   */
  public ChoiceEvaluation(Session session, String folder, List<String> files) {
    this.session = session;
    this.questions = encoded(folder, files);
  }

  /** A name that equal questions share and others do not. */
  public String hash() {
    return Sha256.of(new String(Json.bytes(questions), StandardCharsets.UTF_8));
  }

  /**
   * Asks.
   *
   * @param model some weights of the model
   */
  public ChoiceResult of(ModelRef model) {
    List<MultipleChoice.Answered> answered =
        session
            .tasks()
            .run(StageName.of("ask"), parts(), new ChoiceTask(model, session.settings()))
            .value()
            .stream()
            .flatMap(List::stream)
            .toList();
    double all = answered.size();
    return new ChoiceResult(
        answered.size(),
        answered.stream().filter(MultipleChoice.Answered::plain).count() / all,
        answered.stream().filter(MultipleChoice.Answered::normalised).count() / all);
  }

  private List<MultipleChoice> encoded(String folder, List<String> files) {
    int positions;
    try (ModelWeights weights = ModelWeights.open(session.storage(), session.model(folder))) {
      weights.config().requireNextToken("a choice between answers");
      positions = weights.config().maxPositions();
    }
    List<MultipleChoice> encoded = new ArrayList<>();
    try (TextTokenizer tokenizer = TextTokenizer.open(session.storage(), folder)) {
      MultipleChoice.Encoder encoder = new MultipleChoice.Encoder(tokenizer, positions);
      for (String file : files) {
        ChoiceQuestion.read(session.storage(), session.storage().absolute(file))
            .forEach(question -> encoded.add(encoder.encode(question)));
      }
    }
    return encoded;
  }

  private List<ArrayList<MultipleChoice>> parts() {
    List<ArrayList<MultipleChoice>> parts = new ArrayList<>();
    for (int from = 0; from < questions.size(); from += QUESTIONS) {
      int to = Math.min(from + QUESTIONS, questions.size());
      parts.add(new ArrayList<>(questions.subList(from, to)));
    }
    return parts;
  }
}
