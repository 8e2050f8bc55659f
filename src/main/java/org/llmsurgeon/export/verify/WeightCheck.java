package org.llmsurgeon.export.verify;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.export.plan.KeptLines;
import org.llmsurgeon.export.survey.BlockSurvey;
import org.llmsurgeon.export.survey.NetworkTensors;
import org.llmsurgeon.export.survey.StreamConstants;
import org.llmsurgeon.export.survey.Survey;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;

/**
 * Checks that one model holds the weights of another, also those that move no logit of a sample:
 * all units that are left, bit for bit and in their order, and all tensors outside of the blocks'
 * linear layers. Units that say nothing or a constant may be there or not; what they add to a
 * sublayer's bias is compared in sum.
 */
final class WeightCheck {
  /** A binary32's rounding, with room for the sum's own. */
  private static final double ROUNDING = 0x1p-22;

  /** How much coarser a bfloat16 is. */
  private static final double HALF = 0x1p16;

  private final ModelFolder a;
  private final ModelFolder b;
  private final ModelConfig configA;
  private final ModelConfig configB;
  private final NetworkTensors tensorsA;
  private final NetworkTensors tensorsB;
  private final Device device;

  /**
   * A check.
   *
   * @param a the model that is right
   * @param configA its configuration
   * @param b the model that is checked
   * @param configB its configuration
   * @param device reads the weights
   */
  WeightCheck(
      ModelFolder a, ModelConfig configA, ModelFolder b, ModelConfig configB, Device device) {
    this.a = a;
    this.b = b;
    this.configA = configA;
    this.configB = configB;
    this.tensorsA = new NetworkTensors(a, configA);
    this.tensorsB = new NetworkTensors(b, configB);
    this.device = device;
  }

  /**
   * Compares all weights.
   *
   * @throws InputException naming the first tensor that differs
   */
  void require() {
    Set<String> linears = new HashSet<>();
    if (configB.names().outer().positions() != null) {
      linears.add(tensorsB.stored(configB.names().outer().positions()));
    }
    for (LinearShape shape : configB.linears()) {
      linears.add(tensorsB.stored(shape.weightName()));
      linears.add(tensorsB.stored(shape.biasName()));
      if (shape.ofExpert()) {
        String router = configB.blockName(shape.block()) + "." + configB.experts().names().router();
        linears.add(tensorsB.stored(router + ".weight"));
      }
    }
    Set<String> indices = b.indices().keySet();
    for (String name : b.names()) {
      // Whole numbers, as positions that old checkpoints store, are copied and read by nobody
      boolean weight = b.entry(name).dtype().isWeight();
      if (weight && !linears.contains(name) && !indices.contains(name) && a.contains(name)) {
        try (Tensor first = a.load(name, device);
            Tensor second = b.load(name, device)) {
          Lines lines = new Lines(all(second.rows()), null);
          same(name, first, second, lines, lines);
        }
      }
    }
    List<BlockSurvey> blocksA = Survey.of(a, configA, device);
    List<BlockSurvey> blocksB = Survey.of(b, configB, device);
    for (int block = 0; block < blocksB.size(); block++) {
      feedForward(blocksA.get(block), blocksB.get(block));
      attention(blocksA.get(block), blocksB.get(block));
    }
    constants(blocksA, blocksB);
  }

  /**
   * Lines of a matrix.
   *
   * @param rows which rows
   * @param columns which columns; null for all
   */
  private record Lines(int[] rows, int[] columns) {
    float[] of(float[] row) {
      if (columns == null) {
        return row;
      }
      float[] some = new float[columns.length];
      for (int i = 0; i < some.length; i++) {
        some[i] = row[columns[i]];
      }
      return some;
    }
  }

  private void feedForward(BlockSurvey first, BlockSurvey second) {
    feedForward(
        first.block(),
        new BlockSurvey.Expert(first.matrices(), first.neurons(), false),
        new BlockSurvey.Expert(second.matrices(), second.neurons(), false));
    int[] ofA = first.expertsLeft();
    int[] ofB = second.expertsLeft();
    requireEqual("experts", first.block(), ofA.length, ofB.length);
    for (int i = 0; i < ofB.length; i++) {
      feedForward(first.block(), first.experts().get(ofA[i]), second.experts().get(ofB[i]));
    }
    router(first, ofA, second, ofB);
  }

  private void router(BlockSurvey first, int[] ofA, BlockSurvey second, int[] ofB) {
    if (ofA.length > 0) {
      String name = "." + configA.experts().names().router() + ".weight";
      same(
          configA.blockName(first.block()) + name,
          configB.blockName(second.block()) + name,
          new Lines(ofA, null),
          new Lines(ofB, null));
    }
  }

  private void feedForward(int block, BlockSurvey.Expert first, BlockSurvey.Expert second) {
    int[] ofA = first.neurons().stream().toArray();
    int[] ofB = second.neurons().stream().toArray();
    requireEqual("neurons", block, ofA.length, ofB.length);
    rows(first.matrices(), second.matrices(), LinearRole.GATE, ofA, ofB);
    rows(first.matrices(), second.matrices(), LinearRole.UP, ofA, ofB);
    columns(first.matrices(), second.matrices(), LinearRole.DOWN, ofA, ofB);
  }

  private void attention(BlockSurvey first, BlockSurvey second) {
    int[] groupsA = groups(first);
    int[] groupsB = groups(second);
    requireEqual("key/value heads", first.block(), groupsA.length, groupsB.length);
    for (int i = 0; i < groupsA.length; i++) {
      requireEqual("query heads", first.block(), first.left(groupsA[i]), second.left(groupsB[i]));
    }
    int width = configA.headDimension();
    int[] ofA = KeptLines.lines(first.heads().stream().toArray(), width);
    int[] ofB = KeptLines.lines(second.heads().stream().toArray(), width);
    rows(first.matrices(), second.matrices(), LinearRole.QUERY, ofA, ofB);
    for (LinearRole role : List.of(LinearRole.KEY, LinearRole.VALUE)) {
      rows(
          first.matrices(),
          second.matrices(),
          role,
          KeptLines.lines(groupsA, width),
          KeptLines.lines(groupsB, width));
    }
    columns(first.matrices(), second.matrices(), LinearRole.OUTPUT, ofA, ofB);
  }

  private static int[] groups(BlockSurvey block) {
    return IntStream.range(0, block.allGroups()).filter(g -> block.left(g) > 0).toArray();
  }

  private void requireEqual(String units, int block, int ofA, int ofB) {
    if (ofA != ofB) {
      throw new InputException(
          "%s has %d %s that do something in block %d, %s %d; if it was exported from that, export it again"
              .formatted(b.path(), ofB, units, block, a.path(), ofA));
    }
  }

  private void rows(
      Map<LinearRole, BlockSurvey.Matrix> first,
      Map<LinearRole, BlockSurvey.Matrix> second,
      LinearRole role,
      int[] ofA,
      int[] ofB) {
    if (ofA.length == 0 || !first.containsKey(role)) {
      return;
    }
    LinearShape inA = first.get(role).shape();
    LinearShape inB = second.get(role).shape();
    same(inA.weightName(), inB.weightName(), new Lines(ofA, null), new Lines(ofB, null));
    if (inA.bias()) {
      same(
          inA.biasName(),
          inB.biasName(),
          new Lines(new int[] {0}, ofA),
          new Lines(new int[] {0}, ofB));
    }
  }

  private void columns(
      Map<LinearRole, BlockSurvey.Matrix> first,
      Map<LinearRole, BlockSurvey.Matrix> second,
      LinearRole role,
      int[] ofA,
      int[] ofB) {
    if (ofA.length > 0) {
      LinearShape inA = first.get(role).shape();
      LinearShape inB = second.get(role).shape();
      int[] rows = all(inA.outputs());
      same(inA.weightName(), inB.weightName(), new Lines(rows, ofA), new Lines(rows, ofB));
    }
  }

  private void same(String inA, String inB, Lines linesA, Lines linesB) {
    try (Tensor first = tensorsA.load(inA, device);
        Tensor second = tensorsB.load(inB, device)) {
      same(inB, first, second, linesA, linesB);
    }
  }

  private void same(String name, Tensor first, Tensor second, Lines linesA, Lines linesB) {
    if (linesA.rows().length > 0) {
      float[] rowA = new float[first.columns()];
      float[] rowB = new float[second.columns()];
      for (int i = 0; i < linesA.rows().length; i++) {
        device.download(first, (long) linesA.rows()[i] * rowA.length, rowA, 0, rowA.length);
        device.download(second, (long) linesB.rows()[i] * rowB.length, rowB, 0, rowB.length);
        float[] ofA = linesA.of(rowA);
        float[] ofB = linesB.of(rowB);
        for (int j = 0; j < Math.max(ofA.length, ofB.length); j++) {
          if (ofA.length != ofB.length || ofA[j] != ofB[j]) {
            throw differs(name, linesB.rows()[i]);
          }
        }
      }
    }
  }

  private InputException differs(String tensor, int row) {
    return new InputException(
        "%s does not hold the weights of %s: tensor %s differs in row %d; if it was exported from that, export it again"
            .formatted(b.path(), a.path(), tensor, row));
  }

  private static int[] all(int count) {
    return IntStream.range(0, count).toArray();
  }

  /** What sublayers add whatever their input, wherever it is written. */
  private void constants(List<BlockSurvey> blocksA, List<BlockSurvey> blocksB) {
    StreamConstants ofA = new StreamConstants(configA, blocksA, tensorsA, device);
    StreamConstants ofB = new StreamConstants(configB, blocksB, tensorsB, device);
    for (int sublayer = 0; sublayer < ofA.count(); sublayer++) {
      constants(sublayer, ofA.gathered(sublayer), ofB.gathered(sublayer));
    }
    if (configA.names().outer().positions() != null) {
      positions(ofA.gathered(StreamConstants.POSITIONS), ofB.gathered(StreamConstants.POSITIONS));
    }
  }

  /** The tables of positions, which hold what sublayers add that are left out. */
  private void positions(double[] ofA, double[] ofB) {
    String table = configA.names().outer().positions();
    int size = configA.hidden();
    double unit = b.dtype() == DataType.F32 ? 1 : HALF;
    try (Tensor first = tensorsA.load(table, device);
        Tensor second = tensorsB.load(configB.names().outer().positions(), device)) {
      double[] inA = device.values(first);
      double[] inB = device.values(second);
      for (int i = 0; i < Math.max(inA.length, inB.length); i++) {
        boolean there = inA.length == inB.length;
        double moved = ofA[i % size] - ofB[i % size];
        double all = ofA[size + i % size] + ofB[size + i % size];
        double rounding = all == 0 ? 0 : unit * ROUNDING * (all + Math.abs(inA[i]));
        if (!there || !(Math.abs(inA[i] + moved - inB[i]) <= rounding)) {
          throw differs(table, i / size);
        }
      }
    }
  }

  private void constants(int sublayer, double[] ofA, double[] ofB) {
    int size = configA.hidden();
    double unit = b.dtype() == DataType.F32 ? 1 : HALF;
    for (int i = 0; i < size; i++) {
      double rounding = ROUNDING * (ofA[size + i] + ofB[size + i]);
      if (!(Math.abs(ofA[i] - ofB[i]) <= unit * rounding)) {
        throw new InputException(
            "%s does not hold the weights of %s: in block %d the %s adds another bias; if it was exported from that, export it again"
                .formatted(
                    b.path(),
                    a.path(),
                    sublayer / 2,
                    sublayer % 2 == 0 ? "attention" : "feed-forward"));
      }
    }
  }
}
