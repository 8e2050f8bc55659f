package org.llmsurgeon.model.pass;

import java.util.Arrays;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;

/**
 * A weight of the network. A network is first described, with names and shapes only, and then
 * filled: so what it needs is known before anything is loaded, and written down only once.
 */
public final class Parameter {
  private final String name;
  private final int[] shape;
  private Tensor tensor;

  /** Null until somebody asks. */
  private Boolean zero;

  /**
   * A parameter without its weight.
   *
   * @param name in the checkpoint
   * @param shape {@code [out, in]}, or {@code [n]} for a vector; of more dimensions all but the
   *     first are columns
   */
  public Parameter(String name, int... shape) {
    this.name = name;
    this.shape = shape;
  }

  /** Name in the checkpoint. */
  public String name() {
    return name;
  }

  /** Dimensions as stored; one for a vector. */
  public int[] shape() {
    return shape.clone();
  }

  /** Rows of the weight; 1 for a vector. */
  public int rows() {
    return shape.length == 1 ? 1 : shape[0];
  }

  /** Columns of the weight. */
  public int columns() {
    return Arrays.stream(shape).skip(shape.length == 1 ? 0 : 1).reduce(1, Math::multiplyExact);
  }

  /** The weight; a vector is {@code [1, n]}. */
  public Tensor tensor() {
    if (tensor == null) {
      throw new IllegalStateException(name + " is not loaded");
    }
    return tensor;
  }

  /**
   * Sets the weight.
   *
   * @param value of the shape; stays the caller's to close
   */
  public void fill(Tensor value) {
    tensor = value;
    zero = null;
  }

  /**
   * Whether all of its numbers were 0 when that was first asked of the weight. Of one that is not,
   * the first row says so, but for rare ones. What is 0 has no gradient where nothing comes through
   * it, so training does not change that.
   *
   * @param device where the weight is
   */
  public boolean isZero(Device device) {
    if (zero == null) {
      zero = areZeros(device);
    }
    return zero;
  }

  private boolean areZeros(Device device) {
    double[] row = new double[columns()];
    for (int i = 0; i < rows(); i++) {
      device.download(tensor(), (long) i * row.length, row, 0, row.length);
      if (Arrays.stream(row).anyMatch(each -> each != 0)) {
        return false;
      }
    }
    return true;
  }
}
