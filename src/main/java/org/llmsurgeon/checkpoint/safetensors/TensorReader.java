package org.llmsurgeon.checkpoint.safetensors;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.storage.MappedBytes;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;

/**
 * Brings one tensor of a safetensors file to a device: without a copy where the file is mapped and
 * its bytes are floats already, else in chunks of 4 MiB or less.
 */
final class TensorReader {
  private static final int CHUNK = 1 << 20;

  private final ByteSource source;
  private final long dataStart;

  /**
   * @param source the file
   * @param dataStart position of the first byte after the header
   */
  TensorReader(ByteSource source, long dataStart) {
    this.source = source;
    this.dataStart = dataStart;
  }

  /** A tensor in single precision, owned by the caller. */
  Tensor load(TensorEntry entry, Device device) throws IOException {
    if (!entry.dtype().isWeight()) {
      throw new InputException(
          "%s: tensor %s has dtype %s, and only F32, F16 and BF16 can be loaded; convert it"
              .formatted(source.name(), entry.name(), entry.dtype()));
    }
    int rows = dimension(entry, entry.rows());
    int columns = dimension(entry, entry.columns());
    if (entry.dtype() == DataType.F32 && entry.elements() > 0) {
      Optional<MappedBytes> mapped = mapped(entry);
      if (mapped.isPresent()) {
        return wrap(mapped.get(), device, rows, columns);
      }
    }
    Tensor tensor = device.empty(Precision.SINGLE, rows, columns);
    try {
      upload(entry, device, tensor);
      return tensor;
    } catch (IOException | RuntimeException e) {
      tensor.close();
      throw e;
    }
  }

  private int dimension(TensorEntry entry, long size) {
    if (size > Integer.MAX_VALUE) {
      throw new InputException(
          "%s: tensor %s of shape %s is too wide to be loaded as a matrix; split it"
              .formatted(source.name(), entry.name(), Arrays.toString(entry.shape())));
    }
    return (int) size;
  }

  private Optional<MappedBytes> mapped(TensorEntry entry) {
    return entry.bytes() > Integer.MAX_VALUE
        ? Optional.empty()
        : source.map(dataStart + entry.begin(), entry.bytes());
  }

  private static Tensor wrap(MappedBytes mapped, Device device, int rows, int columns) {
    try {
      return device.wrap(mapped.view(), rows, columns, mapped::close);
    } catch (RuntimeException | Error failure) {
      mapped.close();
      throw failure;
    }
  }

  private void upload(TensorEntry entry, Device device, Tensor target) throws IOException {
    long elements = entry.elements();
    int width = entry.dtype().bits() / 8;
    int chunk = (int) Math.min(CHUNK, elements);
    ByteBuffer bytes = ByteBuffer.allocate(chunk * width).order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[entry.dtype() == DataType.BF16 ? 0 : chunk];
    for (long at = 0; at < elements; at += chunk) {
      int count = (int) Math.min(chunk, elements - at);
      bytes.clear().limit(count * width);
      source.read(dataStart + entry.begin() + at * width, bytes);
      bytes.flip();
      if (entry.dtype() == DataType.BF16) {
        device.uploadBfloat16(bytes, target, at);
      } else {
        decode(entry.dtype(), bytes, values, count);
        device.upload(values, 0, target, at, count);
      }
    }
  }

  private static void decode(DataType dtype, ByteBuffer bytes, float[] values, int count) {
    if (dtype == DataType.F32) {
      bytes.asFloatBuffer().get(values, 0, count);
      return;
    }
    short[] halves = new short[count];
    bytes.asShortBuffer().get(halves);
    for (int i = 0; i < count; i++) {
      values[i] = HalfPrecision.fromFloat16(halves[i]);
    }
  }
}
