package org.llmsurgeon.model.pass;

import org.llmsurgeon.compute.Tensor;

/**
 * A weight of the network. A network is first described, with names and shapes only, and then
 * filled: so what it needs is known before anything is loaded, and written down only once.
 */
public final class Parameter {
  private final String name;
  private final int[] shape;
  private Tensor tensor;

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

  public int rows() {
    return shape.length == 1 ? 1 : shape[0];
  }

  public int columns() {
    return shape[shape.length - 1];
  }

  /** The weight; a vector is {@code [1, n]}. */
  public Tensor tensor() {
    if (tensor == null) {
      throw new IllegalStateException(name + " is not loaded");
    }
    return tensor;
  }

  public void fill(Tensor value) {
    tensor = value;
  }
}
