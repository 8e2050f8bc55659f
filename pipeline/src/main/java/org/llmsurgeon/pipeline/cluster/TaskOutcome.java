package org.llmsurgeon.pipeline.cluster;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.Serializable;
import java.io.UncheckedIOException;

/**
 * How a task ended. A failure that would come again is a value and not an exception: Spark would
 * try a thrown one again, and hand the driver its text only.
 *
 * @param <O> result of a task
 */
sealed interface TaskOutcome<O> extends Serializable {
  /**
   * It gave a result.
   *
   * @param value the result
   * @param usage what it needed
   * @param <O> its type
   */
  record Done<O>(O value, TaskUsage usage) implements TaskOutcome<O> {}

  /**
   * It cannot be done.
   *
   * @param input whether the user's input is the reason
   * @param message one sentence
   * @param <O> type of the result that there is not
   */
  record Refused<O>(boolean input, String message) implements TaskOutcome<O> {}

  /**
   * The outcome as bytes. They pass through Spark as they are, whichever serialiser it is told to
   * use: the one called Kryo does not know records.
   */
  default byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(this);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    return bytes.toByteArray();
  }

  /**
   * What {@link #toBytes()} wrote.
   *
   * @param bytes an outcome
   * @param <O> type of its result, which the caller knows
   */
  @SuppressWarnings("unchecked")
  static <O> TaskOutcome<O> fromBytes(byte[] bytes) {
    try (ObjectInputStream in = new OwnClassesInputStream(bytes)) {
      return (TaskOutcome<O>) in.readObject();
    } catch (IOException | ClassNotFoundException failure) {
      throw new IllegalStateException("a task's outcome cannot be read", failure);
    }
  }

  /** Finds our classes: Spark's threads do not have the application's class loader. */
  final class OwnClassesInputStream extends ObjectInputStream {
    OwnClassesInputStream(byte[] bytes) throws IOException {
      super(new ByteArrayInputStream(bytes));
    }

    @Override
    protected Class<?> resolveClass(ObjectStreamClass description)
        throws IOException, ClassNotFoundException {
      try {
        return Class.forName(description.getName(), false, TaskOutcome.class.getClassLoader());
      } catch (ClassNotFoundException other) {
        return super.resolveClass(description);
      }
    }
  }
}
