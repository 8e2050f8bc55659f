package org.llmsurgeon.pipeline;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;
import org.llmsurgeon.model.ReferenceModel;

/** A ViT of two small blocks with three labels, and images of its size. */
public final class TinyImages {
  /** Pixels of a side. */
  static final int SIDE = 7;

  private TinyImages() {}

  /**
   * Writes the model.
   *
   * @param folder a folder, or none yet
   */
  public static Path model(Path folder) throws IOException {
    try (ReferenceModel reference = ReferenceModel.open("vit")) {
      return ReferenceFolder.write(reference, folder, null);
    }
  }

  /** Random pixels, the same for the same seed. */
  static BufferedImage image(int seed) {
    Random random = new Random(seed);
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < SIDE * SIDE; i++) {
      image.setRGB(i % SIDE, i / SIDE, random.nextInt(1 << 24));
    }
    return image;
  }

  /** The same as a file. */
  static byte[] png(int seed) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(image(seed), "png", bytes);
    return bytes.toByteArray();
  }

  /**
   * Writes a folder of images for each label; they are ordered by label, then by name.
   *
   * @param folder a folder, or none yet
   * @param count images, of which the seeds are from 0
   */
  public static Path folders(Path folder, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      Path file = folder.resolve("LABEL_%d/%03d.png".formatted(i * 3 / count, i));
      Files.createDirectories(file.getParent());
      Files.write(file, png(i));
    }
    return folder;
  }
}
