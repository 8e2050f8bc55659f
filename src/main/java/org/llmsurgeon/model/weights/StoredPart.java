package org.llmsurgeon.model.weights;

/**
 * Where a tensor of the network lies in a tensor of the checkpoint: {@code count} runs of {@code
 * length} lines, one every {@code stride} lines from {@code offset} on. Lines are rows, or columns
 * where the checkpoint has matrices transposed; elements of a vector.
 *
 * @param tensor name in the checkpoint, in full spelling
 * @param shape the whole stored tensor's; of three dimensions the first two count as one
 * @param transposed whether the checkpoint has {@code [in, out]}
 * @param offset first line
 * @param length lines of a run
 * @param stride from a run to the next
 * @param count how many runs
 */
public record StoredPart(
    String tensor, int[] shape, boolean transposed, int offset, int length, int stride, int count) {
  /** Lines of the network's tensor. */
  int lines() {
    return length * count;
  }

  /** The stored line of a line of the network's tensor. */
  public int line(int own) {
    return offset + own / length * stride + own % length;
  }

  /** Whether it is consecutive rows of a matrix, as they are. */
  public boolean isBlock() {
    return shape.length > 1 && !transposed && count == 1;
  }

  /** Elements of the stored tensor between one line and the next, and inside a line. */
  int across() {
    return shape.length == 1 ? 1 : transposed ? shape[0] : shape[shape.length - 1];
  }

  /**
   * The network's tensor, row by row.
   *
   * @param stored the stored tensor's elements
   */
  double[] read(double[] stored) {
    double[] own = new double[lines() * across()];
    forEach((mine, theirs) -> own[mine] = stored[theirs]);
    return own;
  }

  /**
   * Puts the network's tensor into the stored one.
   *
   * @param own elements of the network's, row by row
   * @param stored the stored tensor's elements, changed
   */
  public void write(double[] own, double[] stored) {
    forEach((mine, theirs) -> stored[theirs] = own[mine]);
  }

  private interface Pair {
    void accept(int own, int stored);
  }

  private void forEach(Pair action) {
    int across = across();
    boolean turned = transposed && shape.length == 2;
    for (int line = 0; line < lines(); line++) {
      int at = line(line);
      for (int i = 0; i < across; i++) {
        action.accept(line * across + i, turned ? i * shape[1] + at : at * across + i);
      }
    }
  }
}
