package org.llmsurgeon.surgery.operate;

/**
 * A layer after a cut.
 *
 * @param weight its new weight and bias; removed rows and columns are exactly 0
 * @param report what was removed
 */
public record CutLayer(LayerWeight weight, LayerReport report) implements AutoCloseable {
  @Override
  public void close() {
    weight.close();
  }
}
