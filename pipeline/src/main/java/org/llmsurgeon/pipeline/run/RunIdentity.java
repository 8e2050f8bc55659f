package org.llmsurgeon.pipeline.run;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Everything that decides the bytes of a result. Two runs with equal identities are the same run:
 * one may go on where the other stopped.
 *
 * @param inputs model and texts
 * @param recipe how to prune
 * @param context tokens of a window
 * @param arithmetic what does the arithmetic, {@code cpu} or {@code cuda}: their bits differ
 */
public record RunIdentity(RunInputs inputs, Recipe recipe, int context, String arithmetic) {
  /** What runs used that were stored before there was a choice. */
  private static final String PROCESSOR = "cpu";

  /** Checks what must be there. */
  public RunIdentity {
    arithmetic = arithmetic == null ? PROCESSOR : arithmetic;
  }

  /**
   * An identity.
   *
   * @param inputs model and texts
   * @param recipe how to prune
   * @param context tokens of a window
   */
  public static RunIdentity of(RunInputs inputs, Recipe recipe, int context) {
    return new RunIdentity(inputs, recipe, context, PROCESSOR);
  }

  /**
   * The same run with another arithmetic.
   *
   * @param other as {@link #arithmetic}
   */
  public RunIdentity on(String other) {
    return new RunIdentity(inputs, recipe, context, other);
  }

  /**
   * Names what differs, in words that fit after "made with".
   *
   * @param other another identity
   * @return empty where both are the same run
   */
  public Optional<String> difference(RunIdentity other) {
    Optional<String> inputDifference = inputs.difference(other.inputs);
    if (inputDifference.isPresent()) {
      return inputDifference;
    }
    Map<String, Object> others = other.recipe.options();
    for (Map.Entry<String, Object> option : recipe.options().entrySet()) {
      if (!Objects.equals(option.getValue(), others.get(option.getKey()))) {
        return Optional.of("another recipe (" + option.getKey() + " " + option.getValue() + ")");
      }
    }
    if (!arithmetic.equals(other.arithmetic)) {
      return Optional.of("another arithmetic (" + arithmetic + ")");
    }
    return context == other.context
        ? Optional.empty()
        : Optional.of("another context (" + context + " tokens)");
  }
}
