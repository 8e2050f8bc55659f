package org.llmsurgeon.compute.cuda.operand;

import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.compute.cuda.driver.CudaMemoryPool;

/** Memory of a card for the length of one step. Not for use by several threads. */
public final class CudaScratch implements AutoCloseable {
  private record Piece(long address, long bytes) {}

  private final CudaMemoryPool pool;
  private final List<Piece> pieces = new ArrayList<>();

  CudaScratch(CudaMemoryPool pool) {
    this.pool = pool;
  }

  /** Address of memory whose contents are undefined. */
  public long bytes(long bytes) {
    Piece piece = new Piece(pool.acquire(bytes), bytes);
    pieces.add(piece);
    return piece.address();
  }

  /** Address of memory for some F32. */
  public long floats(long count) {
    return bytes(Math.multiplyExact(count, Float.BYTES));
  }

  /** Address of memory for some F64. */
  public long doubles(long count) {
    return bytes(Math.multiplyExact(count, Double.BYTES));
  }

  @Override
  public void close() {
    pieces.forEach(each -> pool.release(each.address(), each.bytes()));
    pieces.clear();
  }
}
