package org.llmsurgeon.checkpoint.image;

/**
 * A decoded image.
 *
 * @param width pixels
 * @param height pixels
 * @param channels numbers of a pixel: 1 for grey, 3 for red, green and blue
 * @param levels {@code [height * width * channels]}, each 0 to 255; not copied
 */
record Picture(int width, int height, int channels, byte[] levels) {
  private static final int LEVEL = 255;
  private static final int BITS = 8;
  private static final int GREY_SHIFT = 16;

  /** A new black one. */
  static Picture empty(int width, int height, int channels) {
    int size = Math.multiplyExact(Math.multiplyExact(width, height), channels);
    return new Picture(width, height, channels, new byte[size]);
  }

  /** A number of a pixel. */
  int level(int x, int y, int channel) {
    return levels[(y * width + x) * channels + channel] & LEVEL;
  }

  void set(int x, int y, int channel, int level) {
    levels[(y * width + x) * channels + channel] = (byte) level;
  }

  /**
   * A part.
   *
   * @param left first column
   * @param top first row
   * @param wide columns
   * @param high rows
   */
  Picture part(int left, int top, int wide, int high) {
    Picture part = empty(wide, high, channels);
    for (int y = 0; y < high; y++) {
      int from = ((top + y) * width + left) * channels;
      System.arraycopy(levels, from, part.levels, y * wide * channels, wide * channels);
    }
    return part;
  }

  /**
   * The same with other numbers of a pixel. Grey is that of ITU-R 601-2, as Pillow rounds it.
   *
   * @param wanted 1 or 3
   */
  Picture in(int wanted) {
    if (wanted == channels) {
      return this;
    }
    Picture other = empty(width, height, wanted);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int grey = channels == 1 ? level(x, y, 0) : grey(x, y);
        for (int channel = 0; channel < wanted; channel++) {
          other.set(x, y, channel, grey);
        }
      }
    }
    return other;
  }

  private int grey(int x, int y) {
    int sum = 19595 * level(x, y, 0) + 38470 * level(x, y, 1) + 7471 * level(x, y, 2);
    return sum + (1 << GREY_SHIFT - 1) >> GREY_SHIFT;
  }

  /**
   * All pixels, row by row, each as one number: its grey, or {@code 65536 red + 256 green + blue}.
   */
  public int[] packed() {
    int[] pixels = new int[width * height];
    for (int pixel = 0; pixel < pixels.length; pixel++) {
      for (int channel = 0; channel < channels; channel++) {
        pixels[pixel] = pixels[pixel] << BITS | levels[pixel * channels + channel] & LEVEL;
      }
    }
    return pixels;
  }
}
