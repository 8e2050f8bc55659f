package org.llmsurgeon.model.config;

import java.util.Arrays;
import org.llmsurgeon.InputException;

/**
 * Images have labels. A window is a row of pixels, line by line from the upper left, and then the
 * label. A pixel is one number: its grey, or {@code 65536 red + 256 green + blue}, each from 0 to
 * 255. The label is that of the first token, which is the network's own.
 *
 * @param labels how many there are
 * @param image how an image becomes tokens
 */
public record ImageClassification(int labels, ImageShape image) implements Labels {
  @Override
  public Example example(int[] window) {
    int[] targets = new int[image.tokens()];
    Arrays.fill(targets, -1);
    if (window.length != image.pixels() + 1) {
      throw new InputException(
          "A window has %d numbers, and this model reads images: give %d pixels (%d x %d) and a label"
              .formatted(window.length, image.pixels(), image.size(), image.size()));
    }
    targets[0] = window[image.pixels()];
    return new Example(new int[image.tokens()], targets, null, 0, window);
  }

  /** The tokens of an image, whatever the width. */
  @Override
  public int places(int width) {
    return image.tokens();
  }
}
