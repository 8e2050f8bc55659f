package org.llmsurgeon.model.config;

import java.io.Serializable;

/**
 * How a network cuts an image into tokens: squares without overlap, row by row from the upper left,
 * behind tokens of its own. Pixels at the right and lower edge that fill no square are not seen, as
 * a convolution without padding does not see them.
 *
 * @param size pixels of a side of the image
 * @param patch pixels of a side of a square
 * @param channels numbers of a pixel: 1 for grey, 3 for red, green and blue
 * @param before tokens of its own, of which the first is what the head reads
 */
public record ImageShape(int size, int patch, int channels, int before) implements Serializable {
  /** Squares of a side. */
  public int perSide() {
    return size / patch;
  }

  /** Squares. */
  public int patches() {
    return perSide() * perSide();
  }

  /** Tokens of an image. */
  public int tokens() {
    return before + patches();
  }

  /** Numbers of a square. */
  public int patchValues() {
    return channels * patch * patch;
  }

  /** Pixels of an image. */
  public int pixels() {
    return Math.multiplyExact(size, size);
  }
}
