package org.llmsurgeon.checkpoint.image;

import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Reason;

/** Decodes the files that Java reads; of several images in a file the first. */
public final class ImageFile {
  /** Endings of images, those that Java does not read as well, so that they are not passed over. */
  private static final Set<String> ENDINGS =
      Set.of(
          "jpg", "jpeg", "jpe", "jfif", "png", "gif", "bmp", "dib", "tif", "tiff", "webp", "avif",
          "heic", "jp2", "ppm", "pgm", "ico", "tga");

  private static final String READABLE = "JPEG, PNG, GIF, BMP or TIFF";

  /** Pillow refuses larger ones too: a file of some bytes may hold any number of pixels. */
  private static final long MOST_PIXELS = 178_956_970;

  private ImageFile() {}

  /**
   * Whether a file is an image, by its ending.
   *
   * @param name of the file
   */
  public static boolean is(String name) {
    int dot = name.lastIndexOf('.');
    return dot >= 0 && ENDINGS.contains(name.substring(dot + 1).toLowerCase(Locale.ROOT));
  }

  /**
   * Decodes a file, and turns it as its Exif data says.
   *
   * @param bytes of the file
   * @param where the file, for messages
   * @throws InputException naming the file where it is no image, or none that Java reads
   */
  static Picture read(byte[] bytes, String where) {
    try (MemoryCacheImageInputStream stream =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
      if (!readers.hasNext()) {
        throw new InputException(
            where + " is no image that can be read; give " + READABLE + ", or leave it out.");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(stream, true, true);
        long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
        if (pixels > MOST_PIXELS) {
          throw new InputException(
              "%s has %,d pixels, more than %,d; make it smaller, or leave it out."
                  .formatted(where, pixels, MOST_PIXELS));
        }
        return Orientation.of(bytes).turn(picture(reader.read(0)));
      } finally {
        reader.dispose();
      }
    } catch (InputException refused) {
      throw refused;
    } catch (IOException | RuntimeException broken) {
      // Readers tell a damaged file by exceptions of all kinds
      throw new InputException(
          "%s cannot be decoded (%s); write it again as %s, or leave it out."
              .formatted(where, reason(broken), READABLE),
          broken);
    }
  }

  private static String reason(Exception broken) {
    return Reason.of(broken);
  }

  private static Picture picture(BufferedImage image) {
    boolean plain =
        image.getColorModel() instanceof ComponentColorModel
            && image.getSampleModel().getDataType() == DataBuffer.TYPE_BYTE;
    int bands = image.getRaster().getNumBands();
    if (plain && bands <= 4) {
      return ofBands(image.getRaster(), bands < 3 ? 1 : 3, 0);
    }
    boolean deep =
        image.getColorModel() instanceof ComponentColorModel
            && image.getSampleModel().getDataType() == DataBuffer.TYPE_USHORT;
    return deep && bands <= 4 ? ofBands(image.getRaster(), bands < 3 ? 1 : 3, 8) : ofColours(image);
  }

  /** The numbers as they are stored: Java would make others of grey ones, and of profiles. */
  private static Picture ofBands(Raster raster, int channels, int shift) {
    Picture picture = Picture.empty(raster.getWidth(), raster.getHeight(), channels);
    int[] row = new int[raster.getWidth() * raster.getNumBands()];
    for (int y = 0; y < picture.height(); y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, picture.width(), 1, row);
      for (int x = 0; x < picture.width(); x++) {
        for (int channel = 0; channel < channels; channel++) {
          picture.set(x, y, channel, row[x * raster.getNumBands() + channel] >> shift);
        }
      }
    }
    return picture;
  }

  private static Picture ofColours(BufferedImage image) {
    Picture picture = Picture.empty(image.getWidth(), image.getHeight(), 3);
    for (int y = 0; y < picture.height(); y++) {
      for (int x = 0; x < picture.width(); x++) {
        int colour = image.getRGB(x, y);
        for (int channel = 0; channel < 3; channel++) {
          picture.set(x, y, channel, colour >> 8 * (2 - channel));
        }
      }
    }
    return picture;
  }
}
