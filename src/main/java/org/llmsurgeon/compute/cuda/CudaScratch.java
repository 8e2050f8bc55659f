package org.llmsurgeon.compute.cuda;

import java.util.ArrayList;
import java.util.List;

/** Memory of a card for the length of one step. Not for use by several threads. */
final class CudaScratch implements AutoCloseable {
  private record Piece(long address, long bytes) {}

  private final CudaMemoryPool pool;
  private final List<Piece> pieces = new ArrayList<>();

  CudaScratch(CudaMemoryPool pool) {
    this.pool = pool;
  }

  /** Address of memory whose contents are undefined. */
  long bytes(long bytes) {
    Piece piece = new Piece(pool.acquire(bytes), bytes);
    pieces.add(piece);
    return piece.address();
  }

  long floats(long count) {
    return bytes(Math.multiplyExact(count, Float.BYTES));
  }

  long doubles(long count) {
    return bytes(Math.multiplyExact(count, Double.BYTES));
  }

  @Override
  public void close() {
    pieces.forEach(each -> pool.release(each.address(), each.bytes()));
    pieces.clear();
  }
}
