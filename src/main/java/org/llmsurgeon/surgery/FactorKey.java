package org.llmsurgeon.surgery;

import java.io.Serializable;

/**
 * Names one factor of a model. Layers that read the same input share their {@code A}, which goes by
 * the name of the first of them.
 *
 * @param layer module name: for {@code A} the first layer of the input group, for {@code G} the
 *     layer itself
 * @param kind which factor
 * @param size rows and columns of the factor, the bias entry of {@code A} included
 */
public record FactorKey(String layer, FactorKind kind, int size) implements Serializable {
  /** Elements of the packed lower triangle, {@code n (n + 1) / 2}. */
  public long packedSize() {
    return (long) size * (size + 1) / 2;
  }

  /** The name in files and messages, for example {@code model.layers.0.mlp.down_proj.A}. */
  public String label() {
    return layer + "." + kind;
  }
}
