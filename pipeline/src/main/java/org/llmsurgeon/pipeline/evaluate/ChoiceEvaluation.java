package org.llmsurgeon.pipeline.evaluate;

import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.checkpoint.text.ChoiceQuestion;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.surgery.evaluate.MultipleChoice;

/** Asks a model the questions of some files, a task for every few of them. */
public final class ChoiceEvaluation {
  private static final int QUESTIONS = 16;

  private final Session session;
  private final String folder;

  /**
   * An evaluation.
   *
   * @param session the operation
   * @param folder the model's folder, which has the tokenizer
   */
  public ChoiceEvaluation(Session session, String folder) {
    this.session = session;
    this.folder = folder;
  }

  /**
   * Asks.
   *
   * @param files questions
   */
  public ChoiceResult of(List<String> files) {
    List<ArrayList<MultipleChoice>> parts = parts(encoded(files));
    List<MultipleChoice.Answered> answered =
        session
            .tasks()
            .run(
                StageName.of("ask"),
                parts,
                new ChoiceTask(session.model(folder), session.settings()))
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

  private List<MultipleChoice> encoded(List<String> files) {
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

  private static List<ArrayList<MultipleChoice>> parts(List<MultipleChoice> questions) {
    List<ArrayList<MultipleChoice>> parts = new ArrayList<>();
    for (int from = 0; from < questions.size(); from += QUESTIONS) {
      int to = Math.min(from + QUESTIONS, questions.size());
      parts.add(new ArrayList<>(questions.subList(from, to)));
    }
    return parts;
  }
}
