package org.llmsurgeon.pipeline.weights;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pipeline.cluster.ExecutorMemory;
import org.llmsurgeon.pipeline.files.LocalScratch;

/**
 * All weights of a model in one temporary F32 file of the local disk, mapped: the system reads each
 * block when it is needed and drops it when memory is short, so a model may be larger than the
 * memory of its executor. Weights that are in half precision or on another machine are brought
 * here, a tensor at a time. Tensors of 2 GiB and more are in memory all the same.
 */
public final class MappedWeights implements WeightSource, AutoCloseable {
  /** Spark setting: models with more bytes than this in F32 are mapped, for example {@code 8g}. */
  public static final String SETTING = "spark.llmsurgeon.modelMemory";

  private final Safetensors file;
  private final Path path;

  private MappedWeights(Path path) {
    this.path = path;
    LocalStorage storage = new LocalStorage();
    this.file = Safetensors.open(storage.open(path.toString()));
  }

  /**
   * Whether this process should rather map a model than hold it: it has more bytes than the setting
   * says, else than a quarter of an executor's memory.
   *
   * @param config the model
   */
  public static boolean wanted(ModelConfig config) {
    SparkEnv spark = SparkEnv.get();
    SparkConf conf = spark == null ? new SparkConf(false) : spark.conf();
    long most =
        conf.contains(SETTING)
            ? ExecutorMemory.size(conf, SETTING)
            : ExecutorMemory.bytes(conf) / 4;
    return bytes(config) > most;
  }

  private static long bytes(ModelConfig config) {
    return LanguageModel.tensors(config).values().stream()
        .mapToLong(
            shape -> Arrays.stream(shape).asLongStream().reduce(Float.BYTES, Math::multiplyExact))
        .sum();
  }

  /**
   * Copies weights to the local disk.
   *
   * @param config the model
   * @param weights its weights
   * @param device through which they go
   */
  static MappedWeights copy(ModelConfig config, WeightSource weights, Device device) {
    Path path = LocalScratch.file("model");
    SafetensorsLayout layout = new SafetensorsLayout();
    Map<String, int[]> tensors = LanguageModel.tensors(config);
    tensors.forEach(
        (name, shape) ->
            layout.add(name, DataType.F32, Arrays.stream(shape).asLongStream().toArray()));
    try (SafetensorsWriter writer =
        new SafetensorsWriter(
            layout, new BufferedOutputStream(Files.newOutputStream(path)), path.toString())) {
      for (String name : tensors.keySet()) {
        try (Tensor tensor = weights.load(name, device)) {
          writer.write(name, tensor, device);
        }
      }
    } catch (IOException failure) {
      throw new UncheckedIOException("the weights could not be copied to " + path, failure);
    }
    return new MappedWeights(path);
  }

  @Override
  public boolean contains(String name) {
    return file.entries().containsKey(name);
  }

  @Override
  public int[] shape(String name) {
    return Arrays.stream(file.entry(name).shape()).mapToInt(Math::toIntExact).toArray();
  }

  @Override
  public Tensor load(String name, Device device) {
    return file.load(name, device);
  }

  /** Gives the file's name back; what was loaded stays readable. */
  @Override
  public void close() {
    try {
      file.close();
      Files.deleteIfExists(path);
    } catch (IOException failure) {
      throw new UncheckedIOException(path + " could not be removed", failure);
    }
  }
}
