package org.llmsurgeon.export.plan;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.llmsurgeon.checkpoint.folder.IndexedTensors;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.folder.TensorEdit;
import org.llmsurgeon.checkpoint.safetensors.TensorEntry;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.export.survey.BlockSurvey;
import org.llmsurgeon.export.survey.NetworkTensors;
import org.llmsurgeon.export.survey.StreamConstants;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;

/** From widths of blocks to what becomes of each tensor. */
final class TensorEdits {
  private final ModelFolder folder;
  private final ModelConfig config;
  private final NetworkTensors tensors;
  private final PartedExperts parted;
  private final Device device;

  TensorEdits(ModelFolder folder, ModelConfig config, Device device) {
    this.folder = folder;
    this.config = config;
    this.tensors = new NetworkTensors(folder, config);
    this.parted = new PartedExperts(config, tensors);
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
    Map<Integer, double[]> moved = moved(blocks, widths);
    boolean parting = parted.areNeeded(blocks, widths);
    for (BlockSurvey block : blocks) {
      KeptLines kept = KeptLines.of(block, widths.get(block.block()));
      int width = block.headDimension();
      int[] heads = KeptLines.lines(kept.heads(), width);
      int[] groups = KeptLines.lines(kept.groups(), width);
      Map<String, Kept> stored = new TreeMap<>();
      for (BlockSurvey.Matrix matrix : block.matrices().values()) {
        int[] rows = all(matrix.shape().outputs());
        int[] columns = all(matrix.shape().inputs());
        switch (matrix.shape().role()) {
          case QUERY -> rows = heads;
          case KEY, VALUE -> rows = groups;
          case OUTPUT -> columns = heads;
          case GATE, UP -> rows = kept.neurons();
          case DOWN -> columns = kept.neurons();
        }
        stored
            .computeIfAbsent(tensors.stored(matrix.shape().weightName()), name -> new Kept())
            .add(matrix, rows, columns, tensors);
      }
      if (parting) {
        parted.addTo(block, widths.get(block.block()).expert(), edits.edits());
      } else if (!tensors.mergesExperts(config)) {
        experts(block, widths.get(block.block()).expert(), stored);
        withoutExperts(block, edits.edits());
      }
      stored.forEach((weight, lines) -> cut(weight, lines, indexed, edits));
      BlockSurvey.Matrix down = block.matrices().get(LinearRole.DOWN);
      BlockSurvey.Matrix output = block.matrices().get(LinearRole.OUTPUT);
      double[] before = moved.get(StreamConstants.sublayer(block.block(), LinearRole.OUTPUT));
      double[] after = moved.get(StreamConstants.sublayer(block.block(), LinearRole.DOWN));
      fold(output, block.constants().heads(), heads, before, edits.edits());
      fold(down, block.constants().neurons(), kept.neurons(), after, edits.edits());
    }
    if (moved.containsKey(StreamConstants.POSITIONS)) {
      shift(config.names().outer().positions(), moved.get(StreamConstants.POSITIONS), edits);
    }
    return edits;
  }

  private void experts(BlockSurvey block, int neurons, Map<String, Kept> stored) {
    for (BlockSurvey.Expert expert : block.experts()) {
      if (expert.gone()) {
        continue;
      }
      int[] kept = KeptLines.filled(expert.neurons(), 0, expert.allNeurons(), neurons);
      for (BlockSurvey.Matrix matrix : expert.matrices().values()) {
        boolean down = matrix.shape().role() == LinearRole.DOWN;
        int[] rows = down ? all(matrix.shape().outputs()) : kept;
        int[] columns = down ? kept : all(matrix.shape().inputs());
        stored
            .computeIfAbsent(tensors.stored(matrix.shape().weightName()), name -> new Kept())
            .add(matrix, rows, columns, tensors);
      }
    }
  }

  /** Leaves out experts that are gone and their rows of the router, and counts the others anew. */
  private void withoutExperts(BlockSurvey block, Map<String, TensorEdit> edits) {
    int[] left = block.expertsLeft();
    if (left.length == block.experts().size()) {
      return;
    }
    String router = config.blockName(block.block()) + "." + config.experts().names().router();
    edits.put(tensors.stored(router + ".weight"), new TensorEdit.Cut(left, null));
    for (int expert = 0; expert < block.experts().size(); expert++) {
      int place = Arrays.binarySearch(left, expert);
      for (BlockSurvey.Matrix matrix : block.experts().get(expert).matrices().values()) {
        String name = tensors.stored(matrix.shape().weightName());
        if (place < 0) {
          edits.put(name, new TensorEdit.Dropped());
        } else if (place < expert) {
          edits.put(name, new TensorEdit.Renamed(renamed(block, matrix.shape(), place), null));
        }
      }
    }
  }

  /** What a layer is called in another expert of its block. */
  private String renamed(BlockSurvey block, LinearShape shape, int expert) {
    Map<LinearRole, BlockSurvey.Matrix> other = block.experts().get(expert).matrices();
    return tensors.stored(other.get(shape.role()).shape().weightName());
  }

  /** What is kept of a stored matrix, which may hold several layers and be stored transposed. */
  private static final class Kept {
    private final BitSet rows = new BitSet();
    private final BitSet columns = new BitSet();
    private final BitSet rowsNotZero = new BitSet();
    private final BitSet columnsNotZero = new BitSet();
    private int allRows;
    private int allColumns;
    private String bias;
    private boolean transposed;

    void add(BlockSurvey.Matrix matrix, int[] keptRows, int[] keptColumns, NetworkTensors tensors) {
      LinearShape shape = matrix.shape();
      String name = shape.weightName();
      Arrays.stream(keptRows).forEach(row -> rows.set(tensors.storedRow(name, row)));
      Arrays.stream(keptColumns).forEach(columns::set);
      matrix.lines().rows().stream().forEach(row -> rowsNotZero.set(tensors.storedRow(name, row)));
      columnsNotZero.or(matrix.lines().columns());
      transposed = tensors.isTransposed(name);
      allRows += shape.outputs();
      allColumns = shape.inputs();
      bias = shape.bias() ? tensors.stored(shape.biasName()) : bias;
    }
  }

  private static void cut(String weight, Kept kept, boolean indexed, Edits result) {
    Map<String, TensorEdit> edits = result.edits();
    if (kept.rows.isEmpty() || kept.columns.isEmpty()) {
      edits.put(weight, new TensorEdit.Dropped());
      if (kept.bias != null) {
        edits.put(kept.bias, new TensorEdit.Dropped());
      }
      return;
    }
    int[] keptRows = kept.rows.stream().toArray();
    int[] keptColumns = kept.columns.stream().toArray();
    result.shapes().put(weight, new int[] {keptRows.length, keptColumns.length});
    Map<String, int[]> indices = new HashMap<>();
    int[] readRows = keptRows;
    int[] readColumns = keptColumns;
    if (indexed) {
      String module = weight.substring(0, weight.length() - "weight".length());
      readRows = notZero(keptRows, kept.rowsNotZero, module + IndexedTensors.ROWS, indices);
      readColumns =
          notZero(keptColumns, kept.columnsNotZero, module + IndexedTensors.COLUMNS, indices);
    }
    if (readRows.length < kept.allRows || readColumns.length < kept.allColumns) {
      TensorEdit.Cut cut =
          kept.transposed
              ? new TensorEdit.Cut(readColumns, readRows, indices)
              : new TensorEdit.Cut(readRows, readColumns, indices);
      edits.merge(
          weight,
          cut,
          (before, own) ->
              before instanceof TensorEdit.Renamed renamed
                  ? new TensorEdit.Renamed(renamed.name(), cut)
                  : own);
    }
    if (kept.bias != null && keptRows.length < kept.allRows) {
      edits.put(kept.bias, new TensorEdit.Cut(null, keptRows));
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

  /**
   * Puts into a bias what units say that go, whatever the input, and sublayers that go as a whole.
   *
   * @param moved what those sublayers add; null for nothing
   */
  private void fold(
      BlockSurvey.Matrix matrix,
      double[] constants,
      int[] kept,
      double[] moved,
      Map<String, TensorEdit> edits) {
    if (kept.length == 0 || matrix == null || !matrix.shape().bias()) {
      return;
    }
    BitSet stays = new BitSet();
    Arrays.stream(kept).forEach(stays::set);
    int[] gone =
        IntStream.range(0, constants.length)
            .filter(unit -> constants[unit] != 0 && !stays.get(unit))
            .toArray();
    if (gone.length == 0 && moved == null) {
      return;
    }
    LinearShape shape = matrix.shape();
    try (Tensor weight = tensors.load(shape.weightName(), device);
        Tensor bias = tensors.load(shape.biasName(), device)) {
      double[] sums = device.values(bias);
      double[] row = new double[shape.inputs()];
      for (int i = 0; i < sums.length; i++) {
        device.download(weight, (long) i * row.length, row, 0, row.length);
        for (int unit : gone) {
          sums[i] += row[unit] * constants[unit];
        }
        sums[i] += moved == null ? 0 : moved[i];
      }
      edits.put(tensors.stored(shape.biasName()), new TensorEdit.Replaced(sums));
    }
  }

  /** Adds something to each row of a table. */
  private void shift(String table, double[] moved, Edits edits) {
    try (Tensor rows = tensors.load(table, device)) {
      double[] values = device.values(rows);
      Arrays.setAll(values, i -> values[i] + moved[i % rows.columns()]);
      edits.edits().put(tensors.stored(table), new TensorEdit.Replaced(values));
    }
  }

  /** What sublayers add that are left out, by the sublayer whose bias takes it up. */
  private Map<Integer, double[]> moved(List<BlockSurvey> blocks, List<BlockWidth> widths) {
    StreamConstants constants = new StreamConstants(config, blocks, tensors, device);
    Map<Integer, double[]> moved = new HashMap<>();
    for (int sublayer = 0; sublayer < constants.count(); sublayer++) {
      BlockWidth width = widths.get(sublayer / 2);
      int units = sublayer % 2 == 0 ? width.heads() : width.neurons();
      int home = constants.home(sublayer);
      if (units == 0 && home != sublayer) {
        double[] added = constants.of(sublayer);
        if (Arrays.stream(added).anyMatch(each -> each != 0)) {
          double[] sums = moved.computeIfAbsent(home, each -> new double[config.hidden()]);
          Arrays.setAll(sums, i -> sums[i] + added[i]);
        }
      }
    }
    return moved;
  }

  /** Bytes of all tensors after some edits. */
  long bytes(Map<String, TensorEdit> edits) {
    long bytes = 0;
    for (String name : folder.names()) {
      TensorEntry entry = folder.entry(name);
      TensorEdit edit = edits.get(name);
      TensorEdit.Cut cut = TensorEdit.cut(edit);
      if (edit instanceof TensorEdit.Parted several) {
        for (TensorEdit.Part part : several.parts()) {
          bytes += entry.dtype().bytes((long) part.rows().length * part.columns().length);
        }
      } else if (cut != null) {
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
