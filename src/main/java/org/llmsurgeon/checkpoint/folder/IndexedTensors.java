package org.llmsurgeon.checkpoint.folder;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;

/**
 * Matrices of a folder of which only some rows and columns are stored; the others are zero. The
 * configuration says so under {@value #FIELD}:
 *
 * <pre>{"model.layers.0.mlp.up_proj": {"rows": [kept, all], "columns": [kept, all]}}</pre>
 *
 * and vectors of whole numbers beside the weight say which: {@code <module>.row_index} and {@code
 * <module>.column_index}, ascending.
 */
public final class IndexedTensors {
  /** Field of {@code config.json}. */
  public static final String FIELD = "indexed_linear";

  /** Last part of the name of the vector that says which rows are stored. */
  public static final String ROWS = "row_index";

  /** Last part of the name of the vector that says which columns are stored. */
  public static final String COLUMNS = "column_index";

  private static final String WEIGHT = ".weight";

  private final String where;
  private final Map<String, Place> modules = new LinkedHashMap<>();

  /**
   * Where the rows and columns of a matrix belong.
   *
   * @param rows stored and all, or null where all are stored
   * @param columns likewise
   */
  private record Place(int[] rows, int[] columns) {}

  /**
   * Reads a configuration.
   *
   * @param config content of {@code config.json}
   * @param where the file, for messages
   * @throws InputException if the field is malformed
   */
  IndexedTensors(JsonNode config, String where) {
    this.where = where;
    config
        .path(FIELD)
        .properties()
        .forEach(
            each -> {
              int[] rows = pair(each.getKey(), each.getValue().path("rows"));
              int[] columns = pair(each.getKey(), each.getValue().path("columns"));
              modules.put(each.getKey(), new Place(rows, columns));
            });
  }

  private int[] pair(String module, JsonNode pair) {
    if (pair.isMissingNode() || pair.isNull()) {
      return null;
    }
    int kept = pair.path(0).asInt(-1);
    int all = pair.path(1).asInt(-1);
    if (!pair.isArray() || pair.size() != 2 || kept < 0 || all < kept) {
      throw new InputException(
          "%s: field \"%s.%s\" has %s, but must have [kept, all] numbers of lines; correct it"
              .formatted(where, FIELD, module, pair));
    }
    return new int[] {kept, all};
  }

  /** Whether there is none. */
  boolean isEmpty() {
    return modules.isEmpty();
  }

  /** Whether a tensor says where the lines of another belong. */
  boolean isIndex(String name) {
    int dot = name.lastIndexOf('.');
    String last = name.substring(dot + 1);
    return (last.equals(ROWS) || last.equals(COLUMNS))
        && modules.containsKey(name.substring(0, Math.max(dot, 0)));
  }

  /** Whether only some lines of a tensor are stored. */
  boolean contains(String name) {
    return place(name) != null;
  }

  private Place place(String name) {
    return name.endsWith(WEIGHT)
        ? modules.get(name.substring(0, name.length() - WEIGHT.length()))
        : null;
  }

  /**
   * Shape of a tensor with all its lines.
   *
   * @param name the tensor
   * @param stored its shape in the file
   */
  int[] shape(String name, int[] stored) {
    Place place = place(name);
    if (place == null) {
      return stored;
    }
    return new int[] {
      all(name, "rows", place.rows(), stored[0]), all(name, "columns", place.columns(), stored[1])
    };
  }

  private int all(String name, String lines, int[] pair, int stored) {
    if (pair == null) {
      return stored;
    }
    if (pair[0] != stored) {
      throw new InputException(
          "%s says that %d %s of tensor %s are stored, but there are %d; export the model again"
              .formatted(where, pair[0], lines, name, stored));
    }
    return pair[1];
  }

  /**
   * Puts the stored lines of a tensor where they belong, zeros elsewhere.
   *
   * @param name the tensor
   * @param stored its stored lines; closed here
   * @param indices reads a vector by its name
   * @param device where it lives
   * @return owned by the caller
   */
  Tensor restore(String name, Tensor stored, Function<String, int[]> indices, Device device) {
    try (Tensor small = stored) {
      Place place = place(name);
      int[] shape = shape(name, new int[] {small.rows(), small.columns()});
      String module = name.substring(0, name.length() - WEIGHT.length());
      int[] rows = index(module + "." + ROWS, place.rows(), small.rows(), indices);
      int[] columns = index(module + "." + COLUMNS, place.columns(), small.columns(), indices);
      Tensor whole = device.zeros(Precision.SINGLE, shape[0], shape[1]);
      float[] from = new float[small.columns()];
      float[] to = new float[shape[1]];
      for (int row = 0; row < rows.length; row++) {
        device.download(small, (long) row * from.length, from, 0, from.length);
        for (int column = 0; column < columns.length; column++) {
          to[columns[column]] = from[column];
        }
        device.upload(to, 0, whole, (long) rows[row] * to.length, to.length);
      }
      return whole;
    }
  }

  private int[] index(String name, int[] pair, int stored, Function<String, int[]> indices) {
    if (pair == null) {
      int[] all = new int[stored];
      Arrays.setAll(all, i -> i);
      return all;
    }
    int[] index = indices.apply(name);
    int last = -1;
    for (int i = 0; i < index.length; i++) {
      if (index[i] <= last || index[i] >= pair[1]) {
        throw new InputException(
            "%s: tensor %s holds %d at [%d], but must ascend below %d; export the model again"
                .formatted(where, name, index[i], i, pair[1]));
      }
      last = index[i];
    }
    if (index.length != stored) {
      throw new InputException(
          "%s: tensor %s has %d numbers for %d lines; export the model again"
              .formatted(where, name, index.length, stored));
    }
    return index;
  }
}
