package org.llmsurgeon.checkpoint.image;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.FolderFiles;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.storage.StrictJson;

/**
 * What is done to an image before a network reads it, as {@code preprocessor_config.json} of a
 * model folder says and the image processors of ViT and DeiT in transformers do it: resized, the
 * middle cut out, then {@code (level factor - mean) / deviation} of each channel.
 *
 * @param where the file, for messages
 * @param resize the new size; null where images stay as they are
 * @param resample how they get it
 * @param crop side of the square that is cut out of the middle; 0 where none is
 * @param factor on the levels
 * @param mean of each channel
 * @param deviation of each channel
 */
public record ImageProcessor(
    String where,
    Size resize,
    int resample,
    int crop,
    double factor,
    List<Double> mean,
    List<Double> deviation) {
  /** The file that says it. */
  public static final String FILE = FolderFiles.PREPROCESSOR;

  private static final Set<String> KNOWN =
      Set.of("do_resize", "do_rescale", "do_normalize", "do_center_crop", "do_convert_rgb");
  private static final int CHANNELS = 3;
  private static final int SIDE = 224;
  private static final int SIDE_BEFORE_CROP = 256;

  /**
   * A size of images.
   *
   * @param height pixels; that of the shorter side where the width is 0
   * @param width pixels; 0 where the longer side follows from the image
   */
  public record Size(int height, int width) {}

  /**
   * Reads that of a model folder.
   *
   * @param storage where it is
   * @param folder the folder
   * @return empty where it has none
   * @throws InputException naming the file and the field where it asks for something else
   */
  public static Optional<ImageProcessor> find(Storage storage, String folder) {
    String path = Storage.child(folder, FILE);
    return storage.exists(path)
        ? Optional.of(of(StrictJson.readObject(storage, path), path))
        : Optional.empty();
  }

  /**
   * Reads one.
   *
   * @param json the content of the file
   * @param where the file, for messages
   */
  static ImageProcessor of(JsonNode json, String where) {
    ProcessorFields fields = new ProcessorFields(json, where);
    String type = fields.text("image_processor_type", fields.text("feature_extractor_type", "ViT"));
    boolean deit = type.startsWith("DeiT");
    if (!deit && !type.startsWith("ViT")) {
      throw fields.wrong("image_processor_type", "that of a ViT or a DeiT");
    }
    refuseOthers(json, fields);
    int side = deit ? SIDE_BEFORE_CROP : SIDE;
    Size resize = fields.flag("do_resize", true) ? fields.size("size", side) : null;
    boolean cuts = fields.flag("do_center_crop", deit);
    Size crop = cuts ? fields.size("crop_size", SIDE) : null;
    if (cuts && crop.height() != crop.width()) {
      throw fields.wrong("crop_size", "a square");
    }
    int resample = fields.integer("resample", deit ? 3 : 2);
    if (Resample.of(resample) == null) {
      throw fields.wrong("resample", "a number from 0 to 5");
    }
    boolean scaled = fields.flag("do_normalize", true);
    double factor =
        fields.flag("do_rescale", true) ? fields.number("rescale_factor", 1.0 / 255) : 1;
    return new ImageProcessor(
        where,
        resize,
        resample,
        cuts ? crop.height() : 0,
        factor,
        scaled ? fields.numbers("image_mean", 0.5) : Collections.nCopies(CHANNELS, 0.0),
        scaled ? fields.deviations("image_std", 0.5) : Collections.nCopies(CHANNELS, 1.0));
  }

  private static void refuseOthers(JsonNode json, ProcessorFields fields) {
    for (Iterator<String> names = json.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (name.startsWith("do_") && !KNOWN.contains(name) && fields.flag(name, false)) {
        throw fields.wrong(name, "false (it is not supported)");
      }
    }
  }

  /**
   * Throws where the images that come out are not those that a network reads.
   *
   * @param size pixels of a side
   * @param channels numbers of a pixel
   */
  public void require(int size, int channels) {
    int height = crop > 0 ? crop : resize == null ? size : resize.height();
    int width = crop > 0 ? crop : resize == null ? size : resize.width();
    boolean enough =
        resize == null || crop <= Math.min(resize.height(), wide(resize.width(), crop));
    if (height != size || width != size || !enough) {
      throw new InputException(
          "%s makes images of %s pixels, and config.json has an image_size of %d; correct one of them"
              .formatted(
                  where, enough && width > 0 ? width + " x " + height : "another size", size));
    }
    if (mean.size() < channels || deviation.size() < channels) {
      throw new InputException(
          "%s has means of %d channels, and config.json has num_channels %d; correct one of them"
              .formatted(where, Math.min(mean.size(), deviation.size()), channels));
    }
  }

  private static int wide(int width, int crop) {
    return width == 0 ? crop : width;
  }

  /**
   * The pixels of an image as a network reads them, but for factor, mean and deviation.
   *
   * @param file an encoded image
   * @param name of it, for messages
   * @param size pixels of a side
   * @param channels numbers of a pixel
   * @throws InputException naming the image where it cannot be decoded, or has another size
   */
  public int[] pixels(byte[] file, String name, int size, int channels) {
    Picture picture = ImageFile.read(file, name).in(channels);
    if (resize != null) {
      picture = resized(picture);
    }
    if (crop > 0) {
      if (crop > Math.min(picture.width(), picture.height())) {
        throw wrongSize(picture, name, crop);
      }
      int left = (picture.width() - crop) / 2;
      picture = picture.part(left, (picture.height() - crop) / 2, crop, crop);
    }
    if (picture.width() != size || picture.height() != size) {
      throw wrongSize(picture, name, size);
    }
    return picture.packed();
  }

  private InputException wrongSize(Picture picture, String name, int size) {
    return new InputException(
        "%s has %d x %d pixels, and the model reads %d x %4$d; resize it (%s has do_resize %s)."
            .formatted(name, picture.width(), picture.height(), size, where, resize != null));
  }

  private Picture resized(Picture picture) {
    int width = resize.width();
    int height = resize.height();
    if (width == 0) {
      boolean upright = picture.width() <= picture.height();
      long shorter = upright ? picture.width() : picture.height();
      long longer = upright ? picture.height() : picture.width();
      int other = Math.toIntExact(longer * height / shorter);
      width = upright ? height : other;
      height = upright ? other : height;
    }
    return Resample.of(resample).resize(picture, width, height);
  }
}
