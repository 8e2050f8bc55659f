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
    requireWidth(window.length, "A file");
    int[] targets = new int[image.tokens()];
    Arrays.fill(targets, -1);
    targets[0] = window[image.pixels()];
    return new Example(new int[image.tokens()], targets, null, 0, window);
  }

  /** They must be images of this size. */
  @Override
  public void requireWidth(int width, String where) {
    if (width != width(image.tokens())) {
      throw new InputException(
          "%s holds windows of %d numbers, and the model reads images: give %d x %d pixels and a"
                  .formatted(where, width, image.size(), image.size())
              + " label, or image files");
    }
  }

  /** The tokens of an image, whatever the width. */
  @Override
  public int places(int width) {
    return image.tokens();
  }

  /** The pixels and the label of an image, however many tokens it becomes. */
  @Override
  public int width(int tokens) {
    return image.pixels() + 1;
  }
}
