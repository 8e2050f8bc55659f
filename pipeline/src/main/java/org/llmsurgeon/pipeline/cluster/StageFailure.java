package org.llmsurgeon.pipeline.cluster;

import java.util.Optional;
import org.apache.spark.SparkDriverExecutionException;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Reason;
import org.llmsurgeon.pipeline.files.FullDisk;

/**
 * A stage that failed, on its way to a sentence for the user.
 *
 * @param stage which one
 * @param refusal what a task said, or null
 * @param failure what Spark or the driver's own work threw, or null
 */
record StageFailure(StageName stage, TaskOutcome.Refused<?> refusal, Exception failure) {
  private static final String LAST = "most recent failure: ";

  /** The exception to throw. */
  RuntimeException translated() {
    if (refusal != null) {
      return refusal.input()
          ? new InputException(refusal.message())
          : new RunFailedException(stage.description() + ": " + refusal.message());
    }
    if (failure instanceof ArithmeticException) {
      return new RunFailedException(stage.description() + ": " + failure.getMessage(), failure);
    }
    if (failure instanceof SparkDriverExecutionException
        && failure.getCause() instanceof RuntimeException own) {
      return own;
    }
    Optional<String> full = FullDisk.sentence(failure);
    if (full.isPresent()) {
      return new RunFailedException(stage.description() + ": " + full.get(), failure);
    }
    Throwable cause = innermost();
    String said = said(cause);
    if (cause instanceof OutOfMemoryError || LackOfMemory.says(said)) {
      // Where tasks run in the driver's process they say it themselves
      String sentence = LackOfMemory.sentence(said, false);
      return new RunFailedException(stage.description() + ": " + sentence, failure);
    }
    String text = Reason.plain(said);
    return new RunFailedException(
        stage.description() + " failed: " + (text.isEmpty() ? Reason.of(cause) : text), failure);
  }

  private Throwable innermost() {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /** The line of a message that names the cause, Spark's own included. */
  private static String said(Throwable cause) {
    String message = cause.getMessage() == null ? "" : cause.getMessage();
    String first = message.lines().findFirst().orElse("");
    int last = first.indexOf(LAST);
    return last < 0 ? first : first.substring(last + LAST.length());
  }
}
