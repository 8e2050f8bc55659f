package org.llmsurgeon.compute.cuda.driver;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import org.llmsurgeon.compute.DeviceUnavailableException;

/**
 * A card's context and the one stream on which everything is done, in the order in which it is
 * asked for. Whoever calls a function of CUDA holds this object's monitor, and calls {@link #enter}
 * first.
 */
public final class CudaContext implements AutoCloseable {
  /** The context that the driver has as current for a thread. */
  private static final ThreadLocal<CudaContext> CURRENT = new ThreadLocal<>();

  private static final int NON_BLOCKING = 1;

  private final CudaCard card;
  private final CudaLibraries libraries;
  private final Pointer context;
  private final Pointer stream;
  private CudaException lost;
  private boolean closed;

  /**
   * @param card which card
   * @throws DeviceUnavailableException if a library is missing
   */
  public CudaContext(CudaCard card) {
    this.card = card;
    this.libraries = CudaLibraries.load();
    PointerByReference handle = new PointerByReference();
    check("cuDevicePrimaryCtxRetain", driver().cuDevicePrimaryCtxRetain(handle, card.ordinal()));
    this.context = handle.getValue();
    enter();
    PointerByReference made = new PointerByReference();
    check("cuStreamCreate", driver().cuStreamCreate(made, NON_BLOCKING));
    this.stream = made.getValue();
  }

  /** The card. */
  public CudaCard card() {
    return card;
  }

  /** The libraries that it is driven by. */
  public CudaLibraries libraries() {
    return libraries;
  }

  /** The driver. */
  public DriverLibrary driver() {
    return libraries.driver();
  }

  /** The one stream on which all work is queued. */
  public Pointer stream() {
    return stream;
  }

  /**
   * Makes this context the calling thread's.
   *
   * @throws CudaException if the card was lost
   */
  public synchronized void enter() {
    if (lost != null) {
      throw lost;
    }
    if (closed) {
      throw new IllegalStateException("The device of " + card.name() + " is closed");
    }
    if (CURRENT.get() != this) {
      check("cuCtxSetCurrent", driver().cuCtxSetCurrent(context));
      CURRENT.set(this);
    }
  }

  /** Refuses a status of the driver that is not success, and remembers one that ends everything. */
  public synchronized void check(String function, int status) {
    if (status != 0) {
      CudaException failure = new CudaException(function, status, nameOf(status));
      if (CudaException.isFatal(status)) {
        lost = failure;
      }
      throw failure;
    }
  }

  /** Refuses a status of another library, whose numbers are its own. */
  public static void require(String function, int status) {
    if (status != 0) {
      throw new CudaException(function, status, "see the documentation of this library");
    }
  }

  private String nameOf(int status) {
    PointerByReference name = new PointerByReference();
    boolean known = driver().cuGetErrorName(status, name) == 0 && name.getValue() != null;
    return known ? name.getValue().getString(0) : "unknown error";
  }

  /** Whether the card can no longer be used. */
  public synchronized boolean isLost() {
    return lost != null;
  }

  /** Waits until everything asked for is done. */
  public synchronized void synchronize() {
    enter();
    check("cuStreamSynchronize", driver().cuStreamSynchronize(stream));
  }

  /** Bytes of the card that nobody uses. */
  public synchronized long freeBytes() {
    enter();
    LongByReference free = new LongByReference();
    LongByReference total = new LongByReference();
    check("cuMemGetInfo", driver().cuMemGetInfo_v2(free, total));
    return free.getValue();
  }

  /** Gives the context back; nothing after a loss, when the driver refuses everything. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    if (lost == null) {
      synchronize();
      driver().cuStreamDestroy_v2(stream);
    }
    closed = true;
    CURRENT.remove();
    driver().cuDevicePrimaryCtxRelease_v2(card.ordinal());
  }
}
