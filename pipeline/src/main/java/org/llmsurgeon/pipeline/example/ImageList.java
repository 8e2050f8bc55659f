package org.llmsurgeon.pipeline.example;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.image.ImageFile;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.text.CsvRows;
import org.llmsurgeon.checkpoint.text.JsonRows;
import org.llmsurgeon.checkpoint.text.LabelledColumns;
import org.llmsurgeon.checkpoint.text.LabelledRows;
import org.llmsurgeon.checkpoint.text.LabelledText;
import org.llmsurgeon.checkpoint.text.TextFormat;
import org.llmsurgeon.pipeline.parquet.ParquetRows;

/**
 * Lists the images with labels that files hold, as data sets of images have them: a folder for each
 * label, a {@code metadata.jsonl} or {@code metadata.csv} beside or above the images with the
 * columns {@code file_name} and {@code label}, or Parquet with the columns {@code image} and {@code
 * label}.
 */
public final class ImageList {
  private static final Set<String> METADATA =
      Set.of("metadata.jsonl", "metadata.ndjson", "metadata.csv");
  private static final String FILE_NAME = "file_name";

  private final Storage storage;
  private final LabelledColumns columns;
  private final ImageLabels labels;

  /**
   * @param storage where the files are
   * @param columns what is read of rows
   * @param labels of the model
   */
  ImageList(Storage storage, LabelledColumns columns, ImageLabels labels) {
    this.storage = storage;
    this.columns = columns;
    this.labels = labels;
  }

  /**
   * Whether a file says of images beside it what their labels are.
   *
   * @param name of the file, without folders
   */
  public static boolean isMetadata(String name) {
    return METADATA.contains(name.toLowerCase(Locale.ROOT));
  }

  /**
   * All images, in the order of the files.
   *
   * @param files images, their metadata, Parquet
   * @throws InputException naming a file that is none of these, or an image without a label
   */
  List<ImagePlace> of(List<String> files) {
    Map<String, Map<String, Integer>> given = new LinkedHashMap<>();
    for (String file : files) {
      if (isMetadata(name(file))) {
        given.merge(folder(file), read(file), ImageList::both);
      }
    }
    List<ImagePlace> places = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (String file : files) {
      if (TextFormat.of(file) == TextFormat.PARQUET) {
        int rows = ParquetRows.count(storage, file);
        for (int row = 0; row < rows; row++) {
          places.add(new ImagePlace(file, row, 0));
        }
      } else if (ImageFile.is(file)) {
        seen.add(file);
        places.add(new ImagePlace(file, ImagePlace.WHOLE, label(file, given)));
      } else if (!isMetadata(name(file))) {
        throw new InputException(
            file
                + " holds no images, which the model reads; give a folder with a folder of images"
                + " for each label, or with a metadata.jsonl beside them, or .parquet files with"
                + " the columns image and label.");
      }
    }
    requireThere(given, seen);
    return places;
  }

  private static Map<String, Integer> both(Map<String, Integer> one, Map<String, Integer> other) {
    one.putAll(other);
    return one;
  }

  private static void requireThere(Map<String, Map<String, Integer>> given, Set<String> seen) {
    given
        .values()
        .forEach(
            each ->
                each.keySet().stream()
                    .filter(image -> !seen.contains(image))
                    .findFirst()
                    .ifPresent(
                        image -> {
                          throw new InputException(
                              image
                                  + " is named in the metadata of its images, and is none of the"
                                  + " images that are given; leave its row out, or give the whole"
                                  + " folder.");
                        }));
  }

  /** That of the nearest metadata above an image; else its folder's name. */
  private int label(String image, Map<String, Map<String, Integer>> given) {
    for (String above = folder(image); !above.isEmpty(); above = folder(above)) {
      Map<String, Integer> rows = given.get(above);
      if (rows != null) {
        Integer label = rows.get(image);
        if (label == null) {
          throw new InputException(
              image + " has no row in the metadata of its images; give it one, or leave it out.");
        }
        return label;
      }
    }
    return labels.ofFolder(image);
  }

  private Map<String, Integer> read(String file) {
    Map<String, Integer> rows = new LinkedHashMap<>();
    LabelledColumns own = new LabelledColumns(List.of(FILE_NAME), columns.label());
    try (LabelledRows reader =
        file.toLowerCase(Locale.ROOT).endsWith(".csv")
            ? new CsvRows(storage.open(file))
            : new JsonRows(storage.open(file))) {
      for (JsonNode row = reader.next(); row != null; row = reader.next()) {
        LabelledText each = own.of(row, false, reader.where());
        String image = Storage.child(folder(file), each.texts().get(0));
        if (rows.put(image, labels.number(each)) != null) {
          throw new InputException(
              reader.where() + " names " + each.texts().get(0) + " again; leave one row.");
        }
      }
    }
    return rows;
  }

  private static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private static String folder(String path) {
    return path.substring(0, Math.max(0, path.lastIndexOf('/')));
  }
}
