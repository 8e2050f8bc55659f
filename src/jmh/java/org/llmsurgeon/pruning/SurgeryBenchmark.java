package org.llmsurgeon.pruning;

import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.pruning.element.ElementSurgery;
import org.llmsurgeon.pruning.layer.ElementUpdate;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.pruning.path.EliminationPath;
import org.llmsurgeon.pruning.path.Path;
import org.llmsurgeon.pruning.path.PathOptions;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.pruning.structure.Line;
import org.llmsurgeon.pruning.structure.Unit;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a shot does with the factors of a feed-forward {@code up [4 n, n]}, {@code down [n, 4 n]} on
 * the cpu device: a round of the elimination path of its neurons, and the update after single
 * weights went. The inverses are there before the measurement begins.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class SurgeryBenchmark {
  private static final Damping DAMPING = new Damping(0.01, 0.01);
  private static final double SHARE = 0.01;

  /** {@code n}. */
  @Param({"192", "576"})
  int width;

  private CpuDevice device;
  private TensorScope scope;
  private CoupledGroup group;
  private List<LayerSurgery> layers;
  private ElementSurgery single;
  private ElementMask mask;

  /** Makes the layers. */
  @Setup(Level.Trial)
  public void start() {
    device = CpuDevice.create();
    scope = new TensorScope(device);
    int neurons = 4 * width;
    layers = List.of(layer("up", neurons, width, 1), layer("down", width, neurons, 2));
    List<Unit> units =
        IntStream.range(0, neurons)
            .mapToObj(
                each ->
                    Unit.of(
                        UnitKind.NEURON,
                        new Unit.Part(1, Line.COLUMN, new int[] {each}),
                        new Unit.Part(0, Line.ROW, new int[] {each})))
            .toList();
    group =
        new CoupledGroup(
            "feed-forward",
            List.of(
                new CoupledGroup.Layer("up", neurons, width),
                new CoupledGroup.Layer("down", width, neurons)),
            units);
    single =
        new ElementSurgery(
            device, "down", weight(width, neurons, 3), factors(width, neurons, 4), DAMPING);
    mask = new ElementMask(width, neurons);
    Random random = new Random(5);
    for (int row = 0; row < width; row++) {
      for (int column = 0; column < neurons; column++) {
        if (random.nextBoolean()) {
          mask.remove(row, column);
        }
      }
    }
    round();
    singleWeights();
  }

  private LayerSurgery layer(String name, int outputs, int inputs, long seed) {
    return new LayerSurgery(
        device, name, weight(outputs, inputs, seed), factors(outputs, inputs, seed), DAMPING);
  }

  private KroneckerFactors factors(int outputs, int inputs, long seed) {
    return new KroneckerFactors(gram(inputs, seed), gram(outputs, -seed), 1, CurvatureKind.KFAC);
  }

  private Tensor weight(int rows, int columns, long seed) {
    double[] values = new Random(seed).doubles((long) rows * columns, -1, 1).toArray();
    return scope.own(device.tensor(Precision.DOUBLE, rows, columns, values));
  }

  private Tensor gram(int size, long seed) {
    Tensor gram = scope.zeros(Precision.DOUBLE, size, size);
    try (Tensor x =
        device.tensor(
            Precision.DOUBLE,
            2 * size,
            size,
            new Random(seed).doubles(2L * size * size, -1, 1).toArray())) {
      device.gram(1, x, 0, gram);
    }
    device.mirror(gram);
    return gram;
  }

  /** Frees them. */
  @TearDown(Level.Trial)
  public void stop() {
    single.close();
    layers.forEach(LayerSurgery::close);
    scope.close();
    device.close();
  }

  /** One round: costs of all neurons, and the exact joint removal of one in a hundred. */
  @Benchmark
  public Path round() {
    return EliminationPath.follow(
        device, group, layers, new PathOptions(SHARE, SHARE / 2, Double.POSITIVE_INFINITY));
  }

  /** Half of the weights of {@code down}, with the best update of the others. */
  @Benchmark
  public void singleWeights() {
    single.cut(mask, ElementUpdate.Full.DEFAULT).weight().close();
  }
}
