package org.llmsurgeon.compute;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Owns the tensors made through it and closes them, last first, when it is closed. Not for use by
 * several threads.
 */
public final class TensorScope implements AutoCloseable {
  private final Device device;
  private final Deque<Tensor> owned = new ArrayDeque<>();

  /**
   * @param device where the tensors live
   */
  public TensorScope(Device device) {
    this.device = device;
  }

  /** The device of this scope. */
  public Device device() {
    return device;
  }

  /**
   * A new tensor full of zeros.
   *
   * @param precision number format
   * @param rows rows
   * @param columns columns
   */
  public Tensor zeros(Precision precision, int rows, int columns) {
    return own(device.zeros(precision, rows, columns));
  }

  /**
   * A new tensor whose contents are undefined: every element must be written before it is read.
   *
   * @param precision number format
   * @param rows rows
   * @param columns columns
   */
  public Tensor empty(Precision precision, int rows, int columns) {
    return own(device.empty(precision, rows, columns));
  }

  /**
   * A single-precision tensor whose contents are undefined.
   *
   * @param rows rows
   * @param columns columns
   */
  public Tensor empty(int rows, int columns) {
    return empty(Precision.SINGLE, rows, columns);
  }

  /**
   * Takes over a tensor made elsewhere.
   *
   * @param tensor the tensor to close with this scope
   * @return the same tensor
   */
  public Tensor own(Tensor tensor) {
    owned.push(tensor);
    return tensor;
  }

  /**
   * Lets go of a tensor without closing it: the caller owns it from now on.
   *
   * @param tensor a tensor of this scope
   * @return the same tensor
   */
  public Tensor release(Tensor tensor) {
    owned.removeIf(each -> each == tensor);
    return tensor;
  }

  @Override
  public void close() {
    while (!owned.isEmpty()) {
      owned.pop().close();
    }
  }
}
