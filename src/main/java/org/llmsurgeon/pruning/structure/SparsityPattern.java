package org.llmsurgeon.pruning.structure;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.llmsurgeon.InputException;

/**
 * N:M sparsity: of every group of {@code M} consecutive inputs of a row at most {@code N} weights
 * stay. Groups are those of the full weight, the bias never among them (method, section 3).
 *
 * @param kept weights that stay in a group, {@code N}, at least 1
 * @param size weights of a group, {@code M}, more than {@code N}, at most {@value #LARGEST}
 */
public record SparsityPattern(int kept, int size) implements LayerSparsity {
  /** Largest group. */
  public static final int LARGEST = 64;

  private static final Pattern NAME = Pattern.compile("([1-9][0-9]?):([1-9][0-9]?)");

  /** How far above what is reachable a sparsity may lie by its decimals alone, as 0.667 for 1:3. */
  private static final double ROUNDED = 1e-3;

  /**
   * Checks the numbers.
   *
   * @throws InputException if they are no pattern
   */
  public SparsityPattern {
    if (kept < 1 || kept >= size || size > LARGEST) {
      throw new InputException(
          "There is no pattern "
              + kept
              + ":"
              + size
              + "; give N:M with N at least 1, less than M, and M at most "
              + LARGEST
              + ", as 2:4.");
    }
  }

  /** Whether a name looks like a pattern, N:M. */
  static boolean matches(String name) {
    return NAME.matcher(name).matches();
  }

  /**
   * The pattern of this name.
   *
   * @param name N:M, as {@code 2:4}
   * @throws InputException if it is none
   */
  public static SparsityPattern parse(String name) {
    Matcher matcher = NAME.matcher(name);
    if (!matcher.matches()) {
      throw new InputException("'" + name + "' is no pattern; give N:M, as 2:4.");
    }
    return new SparsityPattern(
        Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  /** The name on the command line and in reports, N:M. */
  public String optionName() {
    return kept + ":" + size;
  }

  /** Weights that go from a group. */
  public int removed() {
    return size - kept;
  }

  /** The largest share of weights that can go. */
  public double largestSparsity() {
    return (double) removed() / size;
  }

  /**
   * Whether groups tile the inputs of a layer.
   *
   * @param inputs width of its weight, the bias not counted
   */
  public boolean fits(int inputs) {
    return inputs % size == 0;
  }

  /**
   * Throws unless groups tile the inputs of a layer.
   *
   * @param layer its name
   * @param inputs width of its weight, the bias not counted
   * @throws InputException naming layer, width and pattern
   */
  public void checkFits(String layer, int inputs) {
    if (!fits(inputs)) {
      throw new InputException(
          String.format(
              "Layer %s has %d inputs, which groups of %d (%s) do not divide; choose another"
                  + " pattern, or leave such layers dense.",
              layer, inputs, size, optionName()));
    }
  }

  /**
   * Groups that go for a sparsity: {@code sparsity M / (M - N)} of all, never more; all of them at
   * the {@link #largestSparsity}, although biases stay.
   *
   * @param sparsity share of the weights that is to be gone, in [0, 1]
   * @param groups groups of all layers
   * @throws InputException if no pattern of this kind removes so much
   */
  public long groups(double sparsity, long groups) {
    LayerSparsity.checkShare(sparsity);
    if (sparsity > largestSparsity() + ROUNDED) {
      throw new InputException(
          String.format(
              "The sparsity %s cannot be reached with %s; give at most %s.",
              sparsity, optionName(), largestSparsity()));
    }
    double share = sparsity * size / removed();
    return WeightCount.atMost(Math.min(1, share), groups);
  }
}
