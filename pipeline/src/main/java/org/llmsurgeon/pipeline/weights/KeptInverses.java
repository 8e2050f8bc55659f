package org.llmsurgeon.pipeline.weights;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.llmsurgeon.curvature.DampedInverse;
import org.llmsurgeon.curvature.InverseStore;

/**
 * Damped inverses of a shot's factors, as many as some memory holds. Those that came first stay:
 * passes over the layers have one order, so that what was used longest ago is what comes next. Safe
 * for use by several threads.
 */
public final class KeptInverses implements InverseStore, AutoCloseable {
  private final Map<Key, DampedInverse> kept = new HashMap<>();
  private final long most;
  private long bytes;

  /**
   * @param most bytes of all of them together
   */
  public KeptInverses(long most) {
    this.most = most;
  }

  @Override
  public synchronized Optional<DampedInverse> find(Key key) {
    return Optional.ofNullable(kept.get(key));
  }

  @Override
  public synchronized boolean keep(Key key, DampedInverse inverse) {
    long size = inverse.matrix().size() * Double.BYTES;
    if (size > most - bytes || kept.containsKey(key)) {
      return false;
    }
    kept.put(key, inverse);
    bytes += size;
    return true;
  }

  /** Bytes of what is kept. */
  synchronized long bytes() {
    return bytes;
  }

  @Override
  public synchronized void close() {
    kept.values().forEach(DampedInverse::close);
    kept.clear();
    bytes = 0;
  }
}
