package org.llmsurgeon.model;

import java.util.Arrays;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.Pass;

/**
 * What each block read, for each batch: in memory while a budget lasts, else in a temporary file.
 */
final class Boundaries implements AutoCloseable {
  private static final long NOWHERE = -1;

  private final Device device;
  private final Precision precision;
  private final Tensor[][] held;
  private final long[][] places;
  private final TensorFile file;
  private long left;

  /**
   * @param pass any batch
   * @param blocks how many blocks there are
   * @param batches how many batches
   * @param limits of the memory, and where the rest goes
   */
  Boundaries(Pass pass, int blocks, int batches, MemoryLimits limits) {
    this.device = pass.device();
    this.precision = pass.precision();
    this.held = new Tensor[blocks + 1][batches];
    this.places = new long[blocks + 1][batches];
    for (long[] each : places) {
      Arrays.fill(each, NOWHERE);
    }
    this.file = new TensorFile(device, limits.spill());
    this.left = limits.keepBytes();
  }

  /**
   * Keeps a tensor, which belongs to this from now on.
   *
   * @param boundary index of the block that reads it; one more than the last for what the head does
   * @param batch index of the batch
   */
  void put(int boundary, int batch, Tensor tensor) {
    long bytes = bytes(tensor);
    if (places[boundary][batch] != NOWHERE) {
      tensor.close();
    } else if (bytes <= left) {
      left -= bytes;
      held[boundary][batch] = tensor;
    } else {
      places[boundary][batch] = file.write(tensor);
      tensor.close();
    }
  }

  /**
   * Hands a tensor over; {@link #put} gives it back, unchanged.
   *
   * @param rows its rows
   * @param columns its columns
   */
  Tensor take(int boundary, int batch, int rows, int columns) {
    Tensor tensor = held[boundary][batch];
    if (tensor != null) {
      held[boundary][batch] = null;
      left += bytes(tensor);
      return tensor;
    }
    Tensor read = device.empty(precision, rows, columns);
    file.read(places[boundary][batch], read);
    return read;
  }

  private static long bytes(Tensor tensor) {
    return tensor.size() * tensor.precision().bytes();
  }

  @Override
  public void close() {
    for (Tensor[] each : held) {
      for (Tensor tensor : each) {
        if (tensor != null) {
          tensor.close();
        }
      }
    }
    file.close();
  }
}
