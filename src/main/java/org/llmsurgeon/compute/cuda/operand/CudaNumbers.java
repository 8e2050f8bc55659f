package org.llmsurgeon.compute.cuda.operand;

import java.nio.ByteBuffer;
import org.llmsurgeon.compute.cuda.driver.CudaTransfers;

/** Moves numbers of the processor into tensors of a card and back, converting on the processor. */
public final class CudaNumbers {
  /** Numbers of the processor. */
  sealed interface Numbers {
    int count();

    /** Writes numbers from one on into a buffer of elements of a precision. */
    void write(ByteBuffer buffer, int from, int numbers, boolean single);

    /** Reads numbers from one on. */
    void read(ByteBuffer buffer, int from, int numbers, boolean single);
  }

  /**
   * A stretch of an array of floats.
   *
   * @param values the array
   * @param offset its first element
   * @param count elements
   */
  public record Floats(float[] values, int offset, int count) implements Numbers {
    @Override
    public void write(ByteBuffer buffer, int from, int numbers, boolean single) {
      if (single) {
        buffer.asFloatBuffer().put(values, offset + from, numbers);
        return;
      }
      for (int i = 0; i < numbers; i++) {
        buffer.putDouble(i * Double.BYTES, values[offset + from + i]);
      }
    }

    @Override
    public void read(ByteBuffer buffer, int from, int numbers, boolean single) {
      if (single) {
        buffer.asFloatBuffer().get(values, offset + from, numbers);
        return;
      }
      for (int i = 0; i < numbers; i++) {
        values[offset + from + i] = (float) buffer.getDouble(i * Double.BYTES);
      }
    }
  }

  /**
   * A stretch of an array of doubles.
   *
   * @param values the array
   * @param offset its first element
   * @param count elements
   */
  public record Doubles(double[] values, int offset, int count) implements Numbers {
    @Override
    public void write(ByteBuffer buffer, int from, int numbers, boolean single) {
      if (!single) {
        buffer.asDoubleBuffer().put(values, offset + from, numbers);
        return;
      }
      for (int i = 0; i < numbers; i++) {
        buffer.putFloat(i * Float.BYTES, (float) values[offset + from + i]);
      }
    }

    @Override
    public void read(ByteBuffer buffer, int from, int numbers, boolean single) {
      if (!single) {
        buffer.asDoubleBuffer().get(values, offset + from, numbers);
        return;
      }
      for (int i = 0; i < numbers; i++) {
        values[offset + from + i] = buffer.getFloat(i * Float.BYTES);
      }
    }
  }

  private CudaNumbers() {}

  /** Copies numbers into a tensor, from element {@code at} on. */
  public static void upload(CudaTransfers transfers, CudaTensor target, long at, Numbers numbers) {
    int size = target.precision().bytes();
    transfers.upload(
        target.writing() + at * size,
        (long) numbers.count() * size,
        (buffer, first) ->
            numbers.write(
                buffer, (int) (first / size), buffer.remaining() / size, target.isSingle()));
  }

  /** Copies elements of a tensor, from {@code at} on. */
  public static void download(
      CudaTransfers transfers, CudaTensor source, long at, Numbers numbers) {
    int size = source.precision().bytes();
    transfers.download(
        source.reading() + at * size,
        (long) numbers.count() * size,
        (buffer, first) ->
            numbers.read(
                buffer, (int) (first / size), buffer.remaining() / size, source.isSingle()));
  }
}
