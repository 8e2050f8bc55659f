package org.llmsurgeon.pipeline.evaluate;

import java.util.ArrayList;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.weights.ExecutorModel;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.surgery.evaluate.MultipleChoice;

/**
 * Asks a model some questions with several answers. Memory: the model once per process, and the
 * logits of one choice.
 *
 * @param model which weights
 * @param settings how to reach them
 */
record ChoiceTask(ModelRef model, HadoopSettings settings)
    implements TaskFunction<ArrayList<MultipleChoice>, ArrayList<MultipleChoice.Answered>> {
  @Override
  public ArrayList<MultipleChoice.Answered> apply(
      ArrayList<MultipleChoice> questions, String attempt) {
    ArrayList<MultipleChoice.Answered> answered = new ArrayList<>();
    try (ProcessCache.Held<LanguageModel> shared = ExecutorModel.acquire(model, settings)) {
      questions.forEach(question -> answered.add(question.ask(shared.value())));
    }
    return answered;
  }
}
