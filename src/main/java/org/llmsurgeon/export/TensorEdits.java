package org.llmsurgeon.export;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.llmsurgeon.checkpoint.safetensors.IndexedTensors;
import org.llmsurgeon.checkpoint.safetensors.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.TensorEdit;
import org.llmsurgeon.checkpoint.safetensors.TensorEntry;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.CheckpointNames;

/** From widths of blocks to what becomes of each tensor. */
final class TensorEdits {
  private final ModelFolder folder;
  private final ModelConfig config;
  private final CheckpointNames names;
  private final Device device;

  TensorEdits(ModelFolder folder, ModelConfig config, Device device) {
    this.folder = folder;
    this.config = config;
    this.names = CheckpointNames.of(config, folder::contains);
    this.device = device;
  }

  /**
   * What becomes of a folder's tensors.
   *
   * @param edits tensors that change, by their names in the folder
   * @param shapes rows and columns of each weight that stays, those that are not stored included
   */
  record Edits(Map<String, TensorEdit> edits, Map<String, int[]> shapes) {}

  /**
   * The edits of one route.
   *
   * @param blocks what is left
   * @param widths widths of the blocks, at least that
   * @param indexed whether lines that are zero are left out of each matrix besides
   */
  Edits of(List<BlockSurvey> blocks, List<BlockWidth> widths, boolean indexed) {
    Edits edits = new Edits(new TreeMap<>(), new TreeMap<>());
    for (BlockSurvey block : blocks) {
      KeptLines kept = KeptLines.of(block, widths.get(block.block()));
      int width = block.headDimension();
      int[] heads = KeptLines.lines(kept.heads(), width);
      int[] groups = KeptLines.lines(kept.groups(), width);
      for (BlockSurvey.Matrix matrix : block.matrices().values()) {
        int[] rows = null;
        int[] columns = null;
        switch (matrix.shape().role()) {
          case QUERY -> rows = heads;
          case KEY, VALUE -> rows = groups;
          case OUTPUT -> columns = heads;
          case GATE, UP -> rows = kept.neurons();
          case DOWN -> columns = kept.neurons();
        }
        cut(matrix, rows, columns, indexed, edits);
      }
      BlockSurvey.Matrix down = block.matrices().get(LinearRole.DOWN);
      BlockSurvey.Matrix output = block.matrices().get(LinearRole.OUTPUT);
      fold(down, block.neuronConstants(), kept.neurons(), edits.edits());
      fold(output, block.headConstants(), heads, edits.edits());
    }
    return edits;
  }

  private void cut(
      BlockSurvey.Matrix matrix, int[] rows, int[] columns, boolean indexed, Edits result) {
    Map<String, TensorEdit> edits = result.edits();
    LinearShape shape = matrix.shape();
    int[] keptRows = rows == null ? all(shape.outputs()) : rows;
    int[] keptColumns = columns == null ? all(shape.inputs()) : columns;
    String weight = names.stored(shape.weightName());
    if (keptRows.length == 0 || keptColumns.length == 0) {
      edits.put(weight, new TensorEdit.Dropped());
      if (shape.bias()) {
        edits.put(names.stored(shape.biasName()), new TensorEdit.Dropped());
      }
      return;
    }
    result.shapes().put(weight, new int[] {keptRows.length, keptColumns.length});
    Map<String, int[]> indices = new HashMap<>();
    int[] readRows = keptRows;
    int[] readColumns = keptColumns;
    if (indexed) {
      String module = weight.substring(0, weight.length() - "weight".length());
      readRows = notZero(keptRows, matrix.lines().rows(), module + IndexedTensors.ROWS, indices);
      readColumns =
          notZero(keptColumns, matrix.lines().columns(), module + IndexedTensors.COLUMNS, indices);
    }
    if (readRows.length < shape.outputs() || readColumns.length < shape.inputs()) {
      edits.put(weight, new TensorEdit.Cut(readRows, readColumns, indices));
    }
    if (shape.bias() && keptRows.length < shape.outputs()) {
      edits.put(names.stored(shape.biasName()), new TensorEdit.Cut(null, keptRows));
    }
  }

  /** Those of some lines that are not zero; says where they are, if there are others. */
  private static int[] notZero(
      int[] kept, BitSet notZero, String name, Map<String, int[]> indices) {
    int[] places = IntStream.range(0, kept.length).filter(i -> notZero.get(kept[i])).toArray();
    if (places.length == kept.length) {
      return kept;
    }
    indices.put(name, places);
    return Arrays.stream(places).map(i -> kept[i]).toArray();
  }

  private static int[] all(int count) {
    return IntStream.range(0, count).toArray();
  }

  /** Puts into a bias what units say that go, whatever the input. */
  private void fold(
      BlockSurvey.Matrix matrix, double[] constants, int[] kept, Map<String, TensorEdit> edits) {
    if (matrix == null || !matrix.shape().bias()) {
      return;
    }
    BitSet stays = new BitSet();
    Arrays.stream(kept).forEach(stays::set);
    List<Integer> gone = new ArrayList<>();
    for (int unit = 0; unit < constants.length; unit++) {
      if (constants[unit] != 0 && !stays.get(unit)) {
        gone.add(unit);
      }
    }
    if (gone.isEmpty()) {
      return;
    }
    LinearShape shape = matrix.shape();
    try (Tensor weight = folder.load(names.stored(shape.weightName()), device);
        Tensor bias = folder.load(names.stored(shape.biasName()), device)) {
      double[] sums = device.values(bias);
      double[] row = new double[shape.inputs()];
      for (int i = 0; i < sums.length; i++) {
        device.download(weight, (long) i * row.length, row, 0, row.length);
        for (int unit : gone) {
          sums[i] += row[unit] * constants[unit];
        }
      }
      edits.put(names.stored(shape.biasName()), new TensorEdit.Replaced(sums));
    }
  }

  /** Bytes of all tensors after some edits. */
  long bytes(Map<String, TensorEdit> edits) {
    long bytes = 0;
    for (String name : folder.names()) {
      TensorEntry entry = folder.entry(name);
      TensorEdit edit = edits.get(name);
      if (edit instanceof TensorEdit.Cut cut) {
        long rows = cut.rows() == null ? entry.rows() : cut.rows().length;
        long columns = cut.columns() == null ? entry.columns() : cut.columns().length;
        bytes += entry.dtype().bytes(rows * columns);
        bytes += cut.indices().values().stream().mapToLong(each -> 4L * each.length).sum();
      } else if (!(edit instanceof TensorEdit.Dropped)) {
        bytes += entry.bytes();
      }
    }
    return bytes;
  }
}
