package org.llmsurgeon.pipeline.evaluate;

import java.util.List;
import org.llmsurgeon.InputException;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * A model that is to be measured.
 *
 * @param model model folder
 * @param reference folder of the model that vectors are compared with, as it was before pruning;
 *     null for none
 * @param test texts, labelled data, or files of token windows
 * @param recipe objective, and how text becomes windows; the rest is not used
 */
public record EvaluateRequest(String model, String reference, List<String> test, Recipe recipe) {
  /** Checks that what must be given is given. */
  public EvaluateRequest {
    test = List.copyOf(test);
    if (test.isEmpty()) {
      throw new InputException("No test text is given; give --test with a text or token windows.");
    }
  }
}
