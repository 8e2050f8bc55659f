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
 * @param term of which product of a sum it is, from 0
 */
public record FactorKey(String layer, FactorKind kind, int size, int term) implements Serializable {
  /**
   * A factor of the only product, or of the first one.
   *
   * @param layer module name
   * @param kind which factor
   * @param size rows and columns
   */
  public FactorKey(String layer, FactorKind kind, int size) {
    this(layer, kind, size, 0);
  }

  /** Elements of the packed lower triangle, {@code n (n + 1) / 2}. */
  public long packedSize() {
    return (long) size * (size + 1) / 2;
  }

  /**
   * The name in files and messages, for example {@code model.layers.0.mlp.down_proj.A}; {@code A2}
   * in the second product of a sum.
   */
  public String label() {
    return layer + "." + name();
  }

  /** The factor's name within its layer, as {@code A} or {@code A2}. */
  public String name() {
    return term == 0 ? kind.name() : kind.name() + (term + 1);
  }
}
