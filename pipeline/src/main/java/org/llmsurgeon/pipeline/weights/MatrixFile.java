package org.llmsurgeon.pipeline.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.pipeline.run.RunDirectory;

/** A factor that is not symmetric, in the run directory: the only tensor of a safetensors file. */
public final class MatrixFile {
  private static final String NAME = "matrix";

  private MatrixFile() {}

  /**
   * Writes one.
   *
   * @param run run directory
   * @param path a new file, relative to it
   * @param matrix in single precision
   * @param device where it lives
   */
  public static void write(RunDirectory run, String path, Tensor matrix, Device device) {
    SafetensorsLayout layout =
        new SafetensorsLayout().add(NAME, DataType.F32, matrix.rows(), matrix.columns());
    try (SafetensorsWriter writer =
        new SafetensorsWriter(layout, run.create(path), run.resolve(path))) {
      writer.write(NAME, matrix, device);
    } catch (IOException failure) {
      throw new UncheckedIOException(run.resolve(path) + " could not be written", failure);
    }
  }

  /**
   * Reads one.
   *
   * @param run run directory
   * @param path its file, relative to it
   * @param device where it is wanted
   * @return in single precision, owned by the caller
   */
  static Tensor read(RunDirectory run, String path, Device device) {
    try (Safetensors file = Safetensors.open(run.storage().open(run.resolve(path)))) {
      return file.load(NAME, device);
    } catch (IOException failure) {
      throw new UncheckedIOException(run.resolve(path) + " could not be read", failure);
    }
  }
}
