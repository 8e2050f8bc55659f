package org.llmsurgeon.pipeline.cluster;

import org.llmsurgeon.compute.ProductPrecision;

/** What a stage on cards does, which decides how it multiplies matrices of single precision. */
public enum GpuWork {
  /** Passes of a network over data, and sums of their outer products. */
  PASSES(ProductPrecision.TF32),
  /** Solves and updates of layers. */
  SOLVES(ProductPrecision.FLOAT32);

  private final ProductPrecision products;

  GpuWork(ProductPrecision products) {
    this.products = products;
  }

  /** How it multiplies. */
  ProductPrecision products() {
    return products;
  }
}
