package org.llmsurgeon.surgery.calibrate;

import java.io.Serializable;

/**
 * Names one factor of a model. Layers that read the same input share their {@code A}, which goes by
 * the name of the first of them.
 *
 * @param layer module name: for {@code A} the first layer of the input group, for {@code G} the
 *     layer itself
 * @param kind which factor
 * @param size rows of the factor, the bias entry of {@code A} included
 * @param columns columns; as many, unless it is not symmetric
 * @param term of which product of a sum it is, from 0
 */
public record FactorKey(String layer, FactorKind kind, int size, int columns, int term)
    implements Serializable {
  /**
   * A factor of the only product, or of the first one.
   *
   * @param layer module name
   * @param kind which factor
   * @param size rows and columns
   */
  public FactorKey(String layer, FactorKind kind, int size) {
    this(layer, kind, size, size, 0);
  }

  /** Whether the lower triangle is all of it. */
  public boolean symmetric() {
    return kind == FactorKind.A || kind == FactorKind.G;
  }

  /**
   * Numbers of a sum: the packed lower triangle, {@code n (n + 1) / 2}, or all elements of what is
   * not symmetric.
   */
  public long packedSize() {
    return symmetric() ? (long) size * (size + 1) / 2 : (long) size * columns;
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
