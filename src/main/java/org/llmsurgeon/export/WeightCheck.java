package org.llmsurgeon.export;

import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.ModelFolder;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.CheckpointNames;

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
  private final CheckpointNames namesA;
  private final CheckpointNames namesB;
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
    this.namesA = CheckpointNames.of(configA, a::contains);
    this.namesB = CheckpointNames.of(configB, b::contains);
    this.device = device;
  }

  /**
   * Compares all weights.
   *
   * @throws InputException naming the first tensor that differs
   */
  void require() {
    boolean units = Exporter.canShrink(configA) && Exporter.canShrink(configB);
    Set<String> linears = new HashSet<>();
    for (LinearShape shape : units ? configB.linears() : List.<LinearShape>of()) {
      linears.add(namesB.stored(shape.weightName()));
      linears.add(namesB.stored(shape.biasName()));
    }
    Set<String> indices = b.indices().keySet();
    for (String name : b.names()) {
      if (!linears.contains(name) && !indices.contains(name) && a.contains(name)) {
        int[] shape = b.shape(name);
        int[] rows = shape.length < 2 ? new int[] {0} : all(shape[0]);
        same(name, name, new Lines(rows, null), new Lines(rows, null));
      }
    }
    if (units) {
      List<BlockSurvey> blocksA = Survey.of(a, configA, device);
      List<BlockSurvey> blocksB = Survey.of(b, configB, device);
      for (int block = 0; block < blocksB.size(); block++) {
        feedForward(blocksA.get(block), blocksB.get(block));
        attention(blocksA.get(block), blocksB.get(block));
      }
    }
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
    int[] ofA = first.neurons().stream().toArray();
    int[] ofB = second.neurons().stream().toArray();
    requireEqual("neurons", first.block(), ofA.length, ofB.length);
    rows(first, second, LinearRole.GATE, ofA, ofB);
    rows(first, second, LinearRole.UP, ofA, ofB);
    columns(first, second, LinearRole.DOWN, ofA, ofB);
    sums(first, second, LinearRole.DOWN);
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
    rows(first, second, LinearRole.QUERY, ofA, ofB);
    for (LinearRole role : List.of(LinearRole.KEY, LinearRole.VALUE)) {
      rows(first, second, role, KeptLines.lines(groupsA, width), KeptLines.lines(groupsB, width));
    }
    columns(first, second, LinearRole.OUTPUT, ofA, ofB);
    sums(first, second, LinearRole.OUTPUT);
  }

  private static int[] groups(BlockSurvey block) {
    return IntStream.range(0, block.allGroups()).filter(g -> block.left(g) > 0).toArray();
  }

  private void requireEqual(String units, int block, int ofA, int ofB) {
    if (ofA != ofB) {
      throw new InputException(
          "%s has %d %s that do something in block %d, %s %d; export the model again"
              .formatted(b.path(), ofB, units, block, a.path(), ofA));
    }
  }

  private void rows(BlockSurvey first, BlockSurvey second, LinearRole role, int[] ofA, int[] ofB) {
    if (ofA.length == 0 || !first.matrices().containsKey(role)) {
      return;
    }
    LinearShape inA = first.matrices().get(role).shape();
    LinearShape inB = second.matrices().get(role).shape();
    same(
        namesA.stored(inA.weightName()),
        namesB.stored(inB.weightName()),
        new Lines(ofA, null),
        new Lines(ofB, null));
    if (inA.bias()) {
      same(
          namesA.stored(inA.biasName()),
          namesB.stored(inB.biasName()),
          new Lines(new int[] {0}, ofA),
          new Lines(new int[] {0}, ofB));
    }
  }

  private void columns(
      BlockSurvey first, BlockSurvey second, LinearRole role, int[] ofA, int[] ofB) {
    if (ofA.length > 0) {
      LinearShape inA = first.matrices().get(role).shape();
      LinearShape inB = second.matrices().get(role).shape();
      int[] rows = all(inA.outputs());
      same(
          namesA.stored(inA.weightName()),
          namesB.stored(inB.weightName()),
          new Lines(rows, ofA),
          new Lines(rows, ofB));
    }
  }

  private void same(String inA, String inB, Lines linesA, Lines linesB) {
    try (Tensor first = a.load(inA, device);
        Tensor second = b.load(inB, device)) {
      float[] rowA = new float[first.columns()];
      float[] rowB = new float[second.columns()];
      for (int i = 0; i < linesA.rows().length; i++) {
        device.download(first, (long) linesA.rows()[i] * rowA.length, rowA, 0, rowA.length);
        device.download(second, (long) linesB.rows()[i] * rowB.length, rowB, 0, rowB.length);
        float[] ofA = linesA.of(rowA);
        float[] ofB = linesB.of(rowB);
        for (int j = 0; j < Math.max(ofA.length, ofB.length); j++) {
          if (ofA.length != ofB.length || ofA[j] != ofB[j]) {
            throw new InputException(
                "%s does not hold the weights of %s: tensor %s differs in row %d; export the model again"
                    .formatted(b.path(), a.path(), inB, linesB.rows()[i]));
          }
        }
      }
    }
  }

  private static int[] all(int count) {
    return IntStream.range(0, count).toArray();
  }

  /** What a sublayer adds whatever its input: its last bias, and what its constant units say. */
  private void sums(BlockSurvey first, BlockSurvey second, LinearRole last) {
    double[] ofA = sum(a, namesA, first, last);
    double[] ofB = sum(b, namesB, second, last);
    if (ofA == null && ofB == null) {
      return;
    }
    int size = configA.hidden();
    double[] zeros = new double[2 * size];
    ofA = ofA == null ? zeros : ofA;
    ofB = ofB == null ? zeros : ofB;
    for (int i = 0; i < size; i++) {
      double rounding = ROUNDING * (ofA[size + i] + ofB[size + i]);
      double unit = b.dtype() == DataType.F32 ? 1 : HALF;
      if (!(Math.abs(ofA[i] - ofB[i]) <= unit * rounding)) {
        throw new InputException(
            "%s does not hold the weights of %s: in block %d the %s adds another bias; export the model again"
                .formatted(
                    b.path(),
                    a.path(),
                    first.block(),
                    last == LinearRole.DOWN ? "feed-forward" : "attention"));
      }
    }
  }

  /** The sums and, after them, those of the magnitudes; null where there is no such layer. */
  private double[] sum(
      ModelFolder folder, CheckpointNames names, BlockSurvey block, LinearRole last) {
    BlockSurvey.Matrix matrix = block.matrices().get(last);
    if (matrix == null) {
      return null;
    }
    LinearShape shape = matrix.shape();
    double[] constants = last == LinearRole.DOWN ? block.neuronConstants() : block.headConstants();
    double[] sums = new double[2 * shape.outputs()];
    if (shape.bias()) {
      try (Tensor bias = folder.load(names.stored(shape.biasName()), device)) {
        double[] values = device.values(bias);
        System.arraycopy(values, 0, sums, 0, values.length);
      }
    }
    for (int i = 0; i < shape.outputs(); i++) {
      sums[shape.outputs() + i] = Math.abs(sums[i]);
    }
    BitSet says = new BitSet();
    IntStream.range(0, constants.length).filter(i -> constants[i] != 0).forEach(says::set);
    if (says.isEmpty()) {
      return sums;
    }
    try (Tensor weight = folder.load(names.stored(shape.weightName()), device)) {
      double[] row = new double[shape.inputs()];
      for (int i = 0; i < shape.outputs(); i++) {
        device.download(weight, (long) i * row.length, row, 0, row.length);
        for (int unit = says.nextSetBit(0); unit >= 0; unit = says.nextSetBit(unit + 1)) {
          sums[i] += row[unit] * constants[unit];
          sums[shape.outputs() + i] += Math.abs(row[unit] * constants[unit]);
        }
      }
    }
    return sums;
  }
}
