package org.llmsurgeon.pipeline.factors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.weights.StoredFactors;
import org.llmsurgeon.surgery.calibrate.CalibrationSize;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorKind;
import org.llmsurgeon.surgery.calibrate.Shard;
import org.llmsurgeon.surgery.calibrate.ShardFactors;

class ReductionTest {
  // The second is larger than a panel, so that it is read and written in parts.
  private static final List<FactorKey> KEYS =
      List.of(new FactorKey("up", FactorKind.A, 3), new FactorKey("up", FactorKind.G, 800));

  private final Device device = ExecutorDevice.shared();
  private final List<Map<FactorKey, double[]>> sums = new ArrayList<>();
  @TempDir Path temp;
  private RunDirectory run;

  @BeforeEach
  void makeRun() {
    run = new RunDirectory(new HadoopStorage(new Configuration(false)), temp.toString());
  }

  private ShardRecord shard(int index, long tokens, double scale) {
    Random random = new Random(index);
    Map<FactorKey, double[]> values = new LinkedHashMap<>();
    Map<FactorKey, Tensor> tensors = new LinkedHashMap<>();
    for (FactorKey key : KEYS) {
      double[] packed = new double[(int) key.packedSize()];
      for (int i = 0; i < packed.length; i++) {
        packed[i] = (float) (scale * random.nextGaussian());
      }
      values.put(key, packed);
      tensors.put(key, device.tensor(Precision.SINGLE, 1, packed.length, packed));
    }
    sums.add(values);
    String path = "shards/" + index + ".f32";
    try (ShardFactors factors = new ShardFactors(tensors, tokens, new double[] {index, 2})) {
      return new ShardRecord(
          new Shard(index, index, index + 1),
          0,
          path,
          tokens,
          factors.losses(),
          ShardFile.write(device, factors.packed().values(), run.create(path)));
    }
  }

  private List<FactorsManifest.Factor> reduce(List<ShardRecord> shards) {
    return new Reduction(run, 1, KEYS, shards).onDriver(Progress.silent());
  }

  @Test
  void factorsAreSymmetricMeansOfAllShards() {
    List<ShardRecord> shards = List.of(shard(0, 5, 1), shard(1, 7, 3), shard(2, 4, 1e-3));
    List<FactorsManifest.Factor> factors = reduce(shards);
    StoredFactors stored =
        new StoredFactors(
            run, new FactorsManifest(new CalibrationSize(16, 3), null, factors, 0, 0));

    for (FactorKey key : KEYS) {
      try (Tensor tensor = stored.load(key, device)) {
        double[] full = device.values(tensor);
        float[] expected = new float[full.length];
        for (int i = 0; i < key.size(); i++) {
          for (int j = 0; j < key.size(); j++) {
            int row = Math.max(i, j);
            int at = row * (row + 1) / 2 + Math.min(i, j);
            double sum = 0;
            for (Map<FactorKey, double[]> shard : sums) {
              sum += shard.get(key)[at];
            }
            expected[i * key.size() + j] = (float) (sum / 16);
          }
        }
        for (int i = 0; i < full.length; i++) {
          assertThat((float) full[i]).isEqualTo(expected[i]);
        }
      }
    }
  }

  @Test
  void aTaskOnAFactorWritesTheBytesThatTheDriverWrites() throws IOException {
    List<ShardRecord> shards = List.of(shard(0, 5, 1), shard(1, 7, 3));
    shards.forEach(each -> run.commit(each.task().record(1), each));
    List<Shard> order = shards.stream().map(ShardRecord::shard).toList();
    HadoopSettings settings = HadoopSettings.of(new Configuration(false));
    ReduceTask task = new ReduceTask(run.path(), 1, order, 12, settings);

    List<FactorsManifest.Factor> driver = reduce(shards);
    for (int i = 0; i < KEYS.size(); i++) {
      FactorsManifest.Factor factor = task.apply(new ReduceTask.Item(KEYS.get(i), i, 0), "attempt");
      assertThat(factor.key()).isEqualTo(KEYS.get(i));
      assertThat(factor.path()).endsWith("-attempt.safetensors").isNotEqualTo(driver.get(i).path());
      assertThat(temp.resolve(factor.path()))
          .hasSameBinaryContentAs(temp.resolve(driver.get(i).path()));
    }
  }

  @Test
  void tokensAndLossesAreThoseOfAllShards() {
    Reduction reduction = new Reduction(run, 1, KEYS, List.of(shard(0, 5, 1), shard(1, 7, 1)));
    assertThat(reduction.size()).isEqualTo(new CalibrationSize(12, 2));
    assertThat(reduction.meanLoss()).isEqualTo((0 + 2 + 1 + 2) / 4.0);
  }

  @Test
  void aByteThatChangedIsNoticed() throws IOException {
    List<ShardRecord> shards = List.of(shard(0, 5, 1), shard(1, 7, 1));
    Path file = temp.resolve(shards.get(1).path());
    byte[] bytes = Files.readAllBytes(file);
    bytes[40000] ^= 2;
    Files.write(file, bytes);

    assertThatThrownBy(() -> reduce(shards))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("not as it was written");
  }

  @Test
  void aFileThatIsCutShortIsNoticed() throws IOException {
    List<ShardRecord> shards = List.of(shard(0, 5, 1));
    Path file = temp.resolve(shards.get(0).path());
    Files.write(file, java.util.Arrays.copyOf(Files.readAllBytes(file), 1000));

    assertThatThrownBy(() -> reduce(shards))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void aMeanBeyondTheRangeNamesItsLayerAndFactor() {
    // Each sum fits a float; their mean over one token does not.
    ShardRecord one = shard(3, 1, 5e37);
    ShardRecord again =
        new ShardRecord(one.shard(), one.pass(), one.path(), 0, one.losses(), one.parts());
    List<ShardRecord> shards = List.of(one, again);

    assertThatThrownBy(() -> reduce(shards))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("up")
        .hasMessageContaining("factor G");
  }
}
