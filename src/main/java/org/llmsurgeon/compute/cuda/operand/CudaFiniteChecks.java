package org.llmsurgeon.compute.cuda.operand;

import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.compute.FiniteChecks;
import org.llmsurgeon.compute.Tensor;

/**
 * Checks whose answers stay on the card until somebody asks: one number, the lowest of all {@code
 * check << 40 | element} that were not finite.
 */
public final class CudaFiniteChecks implements FiniteChecks {
  /** Bits of an element's index: a card has no room for a tensor of more elements. */
  private static final int ELEMENT = 40;

  /** Checks after which the answers are fetched, so that their numbers do not run out. */
  private static final int MOST = 1 << 16;

  private final CudaParts parts;
  private final CudaScratch scratch;
  private final List<Failure> failures = new ArrayList<>();
  private final long flag;

  /**
   * Checks on a card; the caller closes them.
   *
   * @param parts of the device
   */
  public CudaFiniteChecks(CudaParts parts) {
    this.parts = parts;
    this.scratch = parts.scratch();
    this.flag = scratch.bytes(Long.BYTES);
    // All bits set: larger than whatever is found
    parts.fill(flag, -1, Long.BYTES);
  }

  @Override
  public void check(Tensor tensor, Failure failure) {
    CudaTensor x = CudaTensor.of(tensor);
    if (failures.size() == MOST) {
      settle();
    }
    long number = (long) failures.size() << ELEMENT;
    failures.add(failure);
    parts
        .kernels()
        .of("noteNonFinite", x)
        .reading(x)
        .wide(x.size())
        .wide(number)
        .wide(flag)
        .over(x.size());
  }

  @Override
  public void settle() {
    if (failures.isEmpty()) {
      return;
    }
    long[] found = {-1};
    parts.transfers().download(flag, Long.BYTES, (buffer, at) -> found[0] = buffer.getLong(0));
    if (found[0] != -1) {
      throw failures.get((int) (found[0] >>> ELEMENT)).at(found[0] & ((1L << ELEMENT) - 1));
    }
    failures.clear();
  }

  @Override
  public void close() {
    scratch.close();
  }
}
