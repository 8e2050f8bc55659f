package org.llmsurgeon.checkpoint.safetensors;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;

/**
 * Writes the elements of a tensor in the number format of its entry, in chunks. Each value is
 * rounded once, to nearest, ties to even, from the precision that the tensor has.
 */
final class TensorWriter {
  private static final int CHUNK = 1 << 16;

  private final String file;
  private final TensorEntry entry;
  private final ByteBuffer bytes;

  /**
   * @param file the file that is written, for messages
   * @param entry its shape and dtype, one of F32, F16 and BF16
   */
  TensorWriter(String file, TensorEntry entry) {
    this.file = file;
    this.entry = entry;
    int chunk = (int) Math.min(CHUNK, entry.elements());
    this.bytes =
        ByteBuffer.allocate(chunk * entry.dtype().bits() / 8).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Writes all elements.
   *
   * @throws ArithmeticException naming tensor and place, if a value is NaN or infinite
   * @throws InputException naming tensor and place, if a finite value is beyond the format's range
   */
  void write(Tensor tensor, Device device, OutputStream out) throws IOException {
    boolean wide = tensor.precision() == Precision.DOUBLE;
    float[] values = new float[(int) Math.min(CHUNK, tensor.size())];
    double[] doubles = new double[wide ? values.length : 0];
    for (long at = 0; at < tensor.size(); at += values.length) {
      int count = (int) Math.min(values.length, tensor.size() - at);
      if (wide) {
        device.download(tensor, at, doubles, 0, count);
        narrow(doubles, values, count, at);
      } else {
        device.download(tensor, at, values, 0, count);
      }
      encode(values, count, at);
      out.write(bytes.array(), 0, bytes.position());
    }
  }

  private void narrow(double[] doubles, float[] values, int count, long at) {
    boolean exact = entry.dtype() == DataType.F32;
    for (int i = 0; i < count; i++) {
      values[i] = exact ? (float) doubles[i] : HalfPrecision.oddFloat(doubles[i]);
      if (Float.isInfinite(values[i])) {
        throw outOfRange(doubles[i], at + i);
      }
    }
  }

  private void encode(float[] values, int count, long at) {
    bytes.clear();
    switch (entry.dtype()) {
      case F32 -> encodeSingles(values, count, at);
      case BF16 -> encodeBfloat16(values, count, at);
      case F16 -> encodeFloat16(values, count, at);
      default -> throw new IllegalStateException(entry + " is written as numbers");
    }
  }

  private void encodeSingles(float[] values, int count, long at) {
    for (int i = 0; i < count; i++) {
      if (!Float.isFinite(values[i])) {
        throw outOfRange(values[i], at + i);
      }
    }
    bytes.asFloatBuffer().put(values, 0, count);
    bytes.position(count * Float.BYTES);
  }

  private void encodeBfloat16(float[] values, int count, long at) {
    for (int i = 0; i < count; i++) {
      short half = HalfPrecision.toBfloat16(values[i]);
      if ((half & HalfPrecision.BFLOAT16_EXPONENT) == HalfPrecision.BFLOAT16_EXPONENT) {
        throw outOfRange(values[i], at + i);
      }
      bytes.putShort(half);
    }
  }

  private void encodeFloat16(float[] values, int count, long at) {
    for (int i = 0; i < count; i++) {
      short half = HalfPrecision.toFloat16(values[i]);
      if ((half & HalfPrecision.FLOAT16_EXPONENT) == HalfPrecision.FLOAT16_EXPONENT) {
        throw outOfRange(values[i], at + i);
      }
      bytes.putShort(half);
    }
  }

  private RuntimeException outOfRange(double value, long index) {
    String what =
        "%s: tensor %s holds %s at [%d, %d]"
            .formatted(
                file,
                entry.name(),
                value,
                index / Math.max(entry.columns(), 1),
                index % Math.max(entry.columns(), 1));
    if (!Double.isFinite(value)) {
      return new ArithmeticException(what + ", which is not a weight");
    }
    return new InputException(
        what + ", beyond the range of " + entry.dtype() + "; convert the model to F32 first");
  }
}
