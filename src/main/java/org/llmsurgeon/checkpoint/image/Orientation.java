package org.llmsurgeon.checkpoint.image;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * How a camera was held, which the Exif data of a JPEG tells (CIPA DC-008, tag Orientation): rows
 * and columns are mirrored and exchanged so that the image stands as it was seen.
 *
 * @param mirrored whether columns are from right to left, after all else
 * @param flipped whether rows are from bottom to top
 * @param exchanged whether rows are columns
 */
record Orientation(boolean mirrored, boolean flipped, boolean exchanged) {
  private static final Orientation NONE = new Orientation(false, false, false);
  private static final int START = 0xffd8;
  private static final int EXIF_SEGMENT = 0xffe1;
  private static final int SCAN = 0xffda;
  private static final int TAG = 0x112;
  private static final int ENTRY = 12;
  private static final byte[] EXIF = {'E', 'x', 'i', 'f', 0, 0};

  /**
   * That of a file.
   *
   * @param file its bytes; of anything but a JPEG with such data there is nothing to do
   */
  static Orientation of(byte[] file) {
    try {
      return of(number(ByteBuffer.wrap(file)));
    } catch (BufferUnderflowException | IllegalArgumentException | IndexOutOfBoundsException cut) {
      return NONE;
    }
  }

  private static Orientation of(int number) {
    return switch (number) {
      case 2 -> new Orientation(true, false, false);
      case 3 -> new Orientation(true, true, false);
      case 4 -> new Orientation(false, true, false);
      case 5 -> new Orientation(false, false, true);
      case 6 -> new Orientation(true, false, true);
      case 7 -> new Orientation(true, true, true);
      case 8 -> new Orientation(false, true, true);
      default -> NONE;
    };
  }

  private static int number(ByteBuffer file) {
    if ((file.getShort() & 0xffff) != START) {
      return 1;
    }
    while (true) {
      int marker = file.getShort() & 0xffff;
      int length = file.getShort() & 0xffff;
      int next = file.position() + length - 2;
      if (marker == SCAN || marker >> 8 != 0xff) {
        return 1;
      }
      byte[] start = new byte[EXIF.length];
      if (marker == EXIF_SEGMENT && length > EXIF.length + 2) {
        file.get(start);
        if (Arrays.equals(start, EXIF)) {
          return inDirectory(file.slice());
        }
      }
      file.position(next);
    }
  }

  /** The tag in the first directory of a TIFF header. */
  private static int inDirectory(ByteBuffer tiff) {
    tiff.order(tiff.getShort(0) == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int directory = tiff.getInt(4);
    int entries = tiff.getShort(directory) & 0xffff;
    for (int i = 0; i < entries; i++) {
      int at = directory + 2 + ENTRY * i;
      if ((tiff.getShort(at) & 0xffff) == TAG) {
        return tiff.getShort(at + 8) & 0xffff;
      }
    }
    return 1;
  }

  /** The image as it was seen. */
  Picture turn(Picture stored) {
    if (equals(NONE)) {
      return stored;
    }
    int width = exchanged ? stored.height() : stored.width();
    int height = exchanged ? stored.width() : stored.height();
    Picture seen = Picture.empty(width, height, stored.channels());
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int column = mirrored ? width - 1 - x : x;
        int row = flipped ? height - 1 - y : y;
        for (int channel = 0; channel < stored.channels(); channel++) {
          int level =
              exchanged ? stored.level(row, column, channel) : stored.level(column, row, channel);
          seen.set(x, y, channel, level);
        }
      }
    }
    return seen;
  }
}
