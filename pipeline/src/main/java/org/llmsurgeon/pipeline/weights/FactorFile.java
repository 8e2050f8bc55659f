package org.llmsurgeon.pipeline.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.surgery.calibrate.FactorKey;

/**
 * A mean factor in the run directory: the only tensor of a safetensors file, {@code triangle}
 * {@code [1, n (n + 1) / 2]}, the packed lower triangle of a symmetric one, else {@code matrix}
 * {@code [rows, columns]}, in single precision. The header says which factor it is, and of how many
 * tokens.
 */
public final class FactorFile {
  private FactorFile() {}

  /**
   * Writes one, as its numbers come.
   *
   * @param run run directory
   * @param path a new file, relative to it
   * @param key the factor
   * @param tokens that it is the mean over
   * @param numbers all of them, in order
   */
  public static void write(
      RunDirectory run,
      String path,
      FactorKey key,
      long tokens,
      SafetensorsWriter.Numbers numbers) {
    try (SafetensorsWriter writer = writer(run, path, key, tokens)) {
      writer.write(name(key), numbers);
    } catch (IOException failure) {
      throw unwritten(run, path, key, failure);
    }
  }

  /**
   * Writes one that is not symmetric.
   *
   * @param run run directory
   * @param path a new file, relative to it
   * @param key the factor
   * @param tokens that it is the mean over
   * @param matrix in single precision
   * @param device where it lives
   */
  public static void write(
      RunDirectory run, String path, FactorKey key, long tokens, Tensor matrix, Device device) {
    try (SafetensorsWriter writer = writer(run, path, key, tokens)) {
      writer.write(name(key), matrix, device);
    } catch (IOException failure) {
      throw unwritten(run, path, key, failure);
    }
  }

  private static UncheckedIOException unwritten(
      RunDirectory run, String path, FactorKey key, IOException failure) {
    return new UncheckedIOException(
        "factor " + key.label() + " could not be written to " + run.resolve(path), failure);
  }

  private static SafetensorsWriter writer(RunDirectory run, String path, FactorKey key, long tokens)
      throws IOException {
    SafetensorsLayout layout = new SafetensorsLayout();
    description(key, tokens).forEach(layout::metadata);
    if (key.symmetric()) {
      layout.add(name(key), DataType.F32, 1, key.packedSize());
    } else {
      layout.add(name(key), DataType.F32, key.size(), key.columns());
    }
    return new SafetensorsWriter(layout, run.create(path), run.resolve(path));
  }

  private static String name(FactorKey key) {
    return key.symmetric() ? "triangle" : "matrix";
  }

  private static Map<String, String> description(FactorKey key, long tokens) {
    return new TreeMap<>(Map.of("factor", key.label(), "tokens", Long.toString(tokens)));
  }

  /**
   * Reads one.
   *
   * @param run run directory
   * @param path its file, relative to it
   * @param key the factor
   * @param tokens that it is the mean over
   * @param device where it is wanted
   * @return single precision, owned by the caller: {@code [1, n (n + 1) / 2]}, the lower triangle,
   *     of a symmetric factor, else all of it
   * @throws InputException if the file holds something else
   */
  static Tensor read(RunDirectory run, String path, FactorKey key, long tokens, Device device) {
    try (Safetensors file = Safetensors.open(run.storage().open(run.resolve(path)))) {
      boolean right =
          file.metadata().equals(description(key, tokens))
              && file.entries().containsKey(name(key))
              && file.entry(name(key)).elements() == key.packedSize();
      if (!right) {
        throw new InputException(
            file.name()
                + " is not the factor "
                + key.label()
                + " of this run; delete the folder of its shot and run again.");
      }
      return file.load(name(key), device);
    } catch (IOException failure) {
      throw new UncheckedIOException(run.resolve(path) + " could not be read", failure);
    }
  }
}
