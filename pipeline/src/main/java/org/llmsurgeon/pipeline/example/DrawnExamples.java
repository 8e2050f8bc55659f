package org.llmsurgeon.pipeline.example;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.surgery.recipe.CalibrationText;

/**
 * Makes windows of examples that have labels. They are drawn without putting any back; all of them
 * are in one order, that of the seed, whose end is held out.
 */
public abstract class DrawnExamples {
  /** One example of so many may be held out. */
  private static final int HELD_OUT = 10;

  private final Progress progress;
  private final CalibrationText text;

  /**
   * @param progress told where there are few
   * @param text how many
   */
  protected DrawnExamples(Progress progress, CalibrationText text) {
    this.progress = progress;
    this.text = text;
  }

  /**
   * Windows of a run.
   *
   * @param calibration of the first shot, then, where each shot has its own, of the others
   * @param test null for none
   */
  public record Divided(List<WindowsFile> calibration, WindowsFile test) {}

  /**
   * How many examples there are.
   *
   * @param files labelled data
   */
  protected abstract int count(List<String> files);

  /**
   * Writes examples.
   *
   * @param name what they are for
   * @param files labelled data
   * @param chosen which, in their order; null for all
   */
  protected abstract WindowsFile write(String name, List<String> files, int[] chosen);

  /** What is in a file, for messages. */
  protected abstract String what();

  /**
   * All examples, in their order.
   *
   * @param name what they are for
   * @param files labelled data
   */
  public final WindowsFile all(String name, List<String> files) {
    return write(name, files, null);
  }

  /**
   * Some examples.
   *
   * @param files labelled data
   * @param sets in how many sets, none of which has an example of another
   * @param most examples that are held out, at most a tenth; 0 for none
   */
  public final Divided divide(List<String> files, int sets, int most) {
    int[] order = order(files);
    int held = held(order.length, most);
    int each = Math.min(text.sequences(), (order.length - held) / sets);
    if (each == 0) {
      throw new InputException(
          "The labelled data has %d examples, and %d shots are to have their own; give more."
              .formatted(order.length, sets));
    }
    tellFew(each, order.length);
    List<WindowsFile> calibration = new ArrayList<>();
    for (int set = 0; set < sets; set++) {
      int[] own = Arrays.copyOfRange(order, set * each, (set + 1) * each);
      calibration.add(write("calibration", files, own));
    }
    int[] end = Arrays.copyOfRange(order, order.length - held, order.length);
    return new Divided(calibration, held == 0 ? null : write("test", files, end));
  }

  /**
   * Examples to train on: the last of those that are not held out.
   *
   * @param files labelled data
   * @param most examples that are held out, as in {@link #divide}
   * @param wanted how many
   */
  public final WindowsFile last(List<String> files, int most, int wanted) {
    int[] order = order(files);
    int end = order.length - held(order.length, most);
    return write("recovery", files, Arrays.copyOfRange(order, Math.max(0, end - wanted), end));
  }

  private static int held(int all, int most) {
    return Math.min(most, all / HELD_OUT);
  }

  private void tellFew(int each, int all) {
    if (each < text.sequences()) {
      progress.note(
          String.format(
              Locale.ROOT,
              "Warning: the labelled data has %,d examples, so a shot has %,d of the %,d that are"
                  + " asked for; give more data.",
              all,
              each,
              text.sequences()));
    }
  }

  /** All examples in the order of the seed (Fisher and Yates). */
  private int[] order(List<String> files) {
    int count = count(files);
    if (count == 0) {
      throw none(files);
    }
    int[] order = new int[count];
    Arrays.setAll(order, i -> i);
    Random random = new Random(text.seed());
    for (int end = count - 1; end > 0; end--) {
      int other = random.nextInt(end + 1);
      int swapped = order[end];
      order[end] = order[other];
      order[other] = swapped;
    }
    return order;
  }

  /** The exception for data without examples. */
  protected final InputException none(List<String> files) {
    return new InputException(files.get(0) + " holds no example; give " + what() + " with labels.");
  }
}
