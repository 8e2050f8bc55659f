package org.llmsurgeon.compute;

/**
 * Tables of the rotary position embedding. Of the first {@code 2 h} dimensions of each head,
 * dimension {@code d} is paired with {@code d + h}: {@code (x_d, x_{d+h}) -> (x_d cos - x_{d+h}
 * sin, x_{d+h} cos + x_d sin)}; the others stay.
 *
 * @param cosine {@code [positions, h]}, any attention scaling already multiplied in
 * @param sine {@code [positions, h]}, likewise
 * @param sequenceLength tokens of a sequence: row {@code t} of a rotated tensor is at position
 *     {@code t mod sequenceLength}
 * @param headDimension dimensions of a head, at least {@code 2 h}
 */
public record Rotary(Tensor cosine, Tensor sine, int sequenceLength, int headDimension) {
  /** Heads that are rotated whole. */
  public Rotary(Tensor cosine, Tensor sine, int sequenceLength) {
    this(cosine, sine, sequenceLength, 2 * cosine.columns());
  }
}
