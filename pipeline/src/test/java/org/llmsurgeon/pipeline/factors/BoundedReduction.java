package org.llmsurgeon.pipeline.factors;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.files.Checksum;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorKind;
import org.llmsurgeon.surgery.calibrate.Shard;

/**
 * A process that reduces the factors of 32 layers, {@code A} and {@code G} of size 2048 each, of
 * two shards: four times as many bytes as its heap. All layers have the same numbers, so that
 * little must be written first. It tells the peak of its resident memory.
 */
final class BoundedReduction {
  static final int SIZE = 2048;
  static final int LAYERS = 32;
  static final int SHARDS = 2;

  private static final int PACKED = SIZE * (SIZE + 1) / 2;

  private BoundedReduction() {}

  /** A number of a shard's packed triangle. */
  private static float[] packed(int shard) {
    Random random = new Random(shard);
    float[] values = new float[PACKED];
    for (int i = 0; i < PACKED; i++) {
      values[i] = random.nextFloat();
    }
    return values;
  }

  private static ShardRecord shard(RunDirectory run, int index, int factors) throws IOException {
    String path = "shards/" + index + ".f32";
    Checksum.Writer file = new Checksum.Writer(run.create(path));
    try (OutputStream out = file) {
      ByteBuffer bytes = ByteBuffer.allocate(PACKED * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(packed(index));
      out.write(bytes.array());
    }
    ShardRecord.Part part = new ShardRecord.Part(0, file.length(), file.take());
    return new ShardRecord(
        new Shard(index, index, index + 1),
        0,
        path,
        1,
        new double[] {0},
        Stream.generate(() -> part).limit(factors).toList());
  }

  /**
   * The process.
   *
   * @param arguments an empty folder, and a file for what is to be told
   */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    RunDirectory run =
        new RunDirectory(new HadoopStorage(new Configuration(false)), folder.toString());
    List<FactorKey> keys = new ArrayList<>();
    for (int layer = 0; layer < LAYERS; layer++) {
      keys.add(new FactorKey("layers." + layer, FactorKind.A, SIZE));
      keys.add(new FactorKey("layers." + layer, FactorKind.G, SIZE));
    }
    List<ShardRecord> shards = new ArrayList<>();
    for (int i = 0; i < SHARDS; i++) {
      shards.add(shard(run, i, keys.size()));
    }
    int factors = new Reduction(run, 1, keys, shards).onDriver(Progress.silent()).size();
    try (Stream<Path> files = Files.list(folder.resolve("shot-0001/factors"))) {
      Files.writeString(Path.of(arguments[1]), factors + " " + files.count() + " " + resident());
    }
  }

  /** The most that was resident, in bytes; null where the system does not tell. */
  private static Long resident() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return null;
    }
    String peak =
        Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("VmHWM:"))
            .findFirst()
            .orElseThrow();
    return 1024 * Long.parseLong(peak.replaceAll("[^0-9]", ""));
  }
}
