package org.llmsurgeon.curvature;

/**
 * The outlines of both factors of a layer, as {@link KroneckerFactors} has them whole.
 *
 * @param a of {@code A}, {@code [in, in]}
 * @param g of {@code G}, {@code [out, out]}
 */
public record KroneckerOutline(FactorOutline a, FactorOutline g) {
  /** The same curvature with both norms equal, as {@link KroneckerFactors#balanced}. */
  public KroneckerOutline balanced() {
    double ratio = KroneckerFactors.ratio(a.norm(), g.norm());
    return new KroneckerOutline(a.scaled(ratio), g.scaled(1 / ratio));
  }
}
