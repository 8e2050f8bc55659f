package org.llmsurgeon.compute;

/**
 * Tables of the rotary position embedding. Within each head of {@code 2 h} dimensions, dimension
 * {@code d} is paired with {@code d + h}: {@code (x_d, x_{d+h}) -> (x_d cos - x_{d+h} sin, x_{d+h}
 * cos + x_d sin)}.
 *
 * @param cosine {@code [positions, h]}, any attention scaling already multiplied in
 * @param sine {@code [positions, h]}, likewise
 * @param sequenceLength tokens of a sequence: row {@code t} of a rotated tensor is at position
 *     {@code t mod sequenceLength}
 */
public record Rotary(Tensor cosine, Tensor sine, int sequenceLength) {
  /** Dimensions of a head, {@code 2 h}. */
  public int headDimension() {
    return 2 * cosine.columns();
  }
}
