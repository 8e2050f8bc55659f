package org.llmsurgeon.compute.cuda.operand;

import org.llmsurgeon.compute.cuda.driver.CudaContext;
import org.llmsurgeon.compute.cuda.driver.CudaMemoryPool;
import org.llmsurgeon.compute.cuda.driver.CudaTransfers;

/**
 * What all operations of a device need.
 *
 * @param context the card, and the stream on which everything is done
 * @param pool its memory
 * @param transfers to it and back
 * @param kernels loaded on it
 */
public record CudaParts(
    CudaContext context, CudaMemoryPool pool, CudaTransfers transfers, CudaKernels kernels) {
  /** Scratch memory, given back as it is closed. */
  public CudaScratch scratch() {
    return new CudaScratch(pool);
  }

  /** Sets every byte of a stretch of the card's memory. */
  public void fill(long address, int value, long bytes) {
    if (bytes > 0) {
      synchronized (context) {
        context.enter();
        context.check(
            "cuMemsetD8Async",
            context.driver().cuMemsetD8Async(address, (byte) value, bytes, context.stream()));
      }
    }
  }

  /** Integers on the card, for one step; address 0 for none. */
  public long integers(int[] values, CudaScratch scratch) {
    if (values == null || values.length == 0) {
      return 0;
    }
    long bytes = (long) values.length * Integer.BYTES;
    long address = scratch.bytes(bytes);
    transfers.upload(
        address,
        bytes,
        (buffer, first) ->
            buffer
                .asIntBuffer()
                .put(values, (int) (first / Integer.BYTES), buffer.remaining() / Integer.BYTES));
    return address;
  }

  /** Doubles on the card, for one step. */
  public long doubles(double[] values, CudaScratch scratch) {
    long address = scratch.doubles(values.length);
    transfers.upload(
        address,
        (long) values.length * Double.BYTES,
        (buffer, first) ->
            buffer
                .asDoubleBuffer()
                .put(values, (int) (first / Double.BYTES), buffer.remaining() / Double.BYTES));
    return address;
  }

  /** Reads doubles of the card. */
  public void read(long address, double[] values) {
    transfers.download(
        address,
        (long) values.length * Double.BYTES,
        (buffer, first) ->
            buffer
                .asDoubleBuffer()
                .get(values, (int) (first / Double.BYTES), buffer.remaining() / Double.BYTES));
  }
}
