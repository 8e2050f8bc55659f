package org.llmsurgeon.pipeline.example;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.image.ImageProcessor;
import org.llmsurgeon.checkpoint.text.LabelledColumns;
import org.llmsurgeon.checkpoint.text.LabelledText;
import org.llmsurgeon.checkpoint.text.TextPart;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.model.config.ImageShape;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.parquet.ParquetRows;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.WindowsFile;

/**
 * Decodes images and writes a file's worth of windows. Memory: these windows, and an image.
 *
 * @param name what the windows are for
 * @param run run directory
 * @param model folder that says how pixels are made, and what labels are called
 * @param image what the network reads
 * @param labels how many it tells apart
 * @param columns what is read of rows
 * @param settings how to reach the files
 */
record ImageTask(
    String name,
    String run,
    String model,
    ImageShape image,
    int labels,
    LabelledColumns columns,
    HadoopSettings settings)
    implements TaskFunction<ImageTask.Part, String> {
  private static final List<String> USUAL = List.of("image", "img");

  /**
   * Some images.
   *
   * @param from index of the first one
   * @param places where they are
   */
  record Part(int from, List<ImagePlace> places) implements Serializable {}

  @Override
  public String apply(Part part, String attempt) throws IOException {
    HadoopStorage storage = settings.storage();
    RunDirectory directory = new RunDirectory(storage, run);
    Maker maker = new Maker(storage, processor(storage, model, image));
    int[][] windows = new int[part.places().size()][];
    Map<String, List<Integer>> tables = new LinkedHashMap<>();
    for (int i = 0; i < windows.length; i++) {
      ImagePlace place = part.places().get(i);
      if (place.row() == ImagePlace.WHOLE) {
        byte[] file = storage.readBytes(place.path());
        windows[i] = maker.window(file, place.path(), place.label());
      } else {
        tables.computeIfAbsent(place.path(), path -> new ArrayList<>()).add(i);
      }
    }
    tables.forEach((path, own) -> maker.ofTable(path, own, part.places(), windows));
    String path = WindowsFile.FOLDER + name + "-" + part.from() + "-" + attempt + ".arrow";
    new TokenWindows(windows).write(storage, directory.resolve(path));
    return path;
  }

  /**
   * How pixels are made for a model.
   *
   * @throws InputException where its folder does not say it
   */
  static ImageProcessor processor(HadoopStorage storage, String model, ImageShape image) {
    ImageProcessor processor =
        ImageProcessor.find(storage, model)
            .orElseThrow(
                () ->
                    new InputException(
                        model
                            + " has no "
                            + ImageProcessor.FILE
                            + ", which says how images are resized; copy it from where the model"
                            + " comes from."));
    processor.require(image.size(), image.channels());
    return processor;
  }

  /** Makes windows. */
  private final class Maker {
    private final HadoopStorage storage;
    private final ImageProcessor processor;
    private ImageLabels names;

    Maker(HadoopStorage storage, ImageProcessor processor) {
      this.storage = storage;
      this.processor = processor;
    }

    int[] window(byte[] file, String where, int label) {
      int[] pixels = processor.pixels(file, where, image.size(), image.channels());
      int[] window = Arrays.copyOf(pixels, pixels.length + 1);
      window[pixels.length] = label;
      return window;
    }

    /** Reads rows in the order of the file. */
    void ofTable(String path, List<Integer> own, List<ImagePlace> places, int[][] windows) {
      if (names == null) {
        names = ImageLabels.of(storage, model, labels);
      }
      own.sort(Comparator.comparingInt(i -> places.get(i).row()));
      List<String> usual = columns.texts().isEmpty() ? USUAL : columns.texts();
      try (ParquetRows rows =
          new ParquetRows(storage.open(path), TextPart.whole(storage, path), usual)) {
        for (int i : own) {
          rows.skipTo(places.get(i).row());
          ObjectNode row = (ObjectNode) rows.next();
          windows[i] = window(row, usual, rows.where());
        }
      }
    }

    private int[] window(ObjectNode row, List<String> usual, String where) {
      String column = usual.stream().filter(row::has).findFirst().orElse(null);
      JsonNode bytes = column == null ? null : row.get(column);
      if (bytes == null || !bytes.isBinary()) {
        throw new InputException(
            "%s has no bytes of an image in %s; give a column with the bytes of an image file, or"
                    .formatted(where, String.join(" or ", usual))
                + " name it with --text-column.");
      }
      row.put(column, "");
      LabelledColumns own = new LabelledColumns(List.of(column), columns.label());
      LabelledText labelled = own.of(row, false, where);
      try {
        return window(bytes.binaryValue(), where, names.number(labelled));
      } catch (IOException impossible) {
        throw new IllegalStateException(impossible);
      }
    }
  }
}
