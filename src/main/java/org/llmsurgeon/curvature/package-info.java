/**
 * The curvature of the loss with respect to one linear layer's weights, as Kronecker factors {@code
 * F ~ G (x) A}: sums of outer products over tokens, their means, damping and damped inverses.
 *
 * <p>Beyond that: the nearest product and sums of products by power iteration ({@link
 * org.llmsurgeon.curvature.KroneckerStep}, {@link org.llmsurgeon.curvature.KroneckerSum}) and
 * corrected eigenvalues ({@link org.llmsurgeon.curvature.EigenCurvature}), whose accumulators need
 * a token's input and output gradient together.
 *
 * <p>Everywhere a layer's weight {@code W} is {@code [out, in]}, {@code A} is {@code [in, in]} and
 * {@code G} is {@code [out, out]}; where the layer has a bias, it is {@code W}'s last column and
 * {@code in} counts it.
 *
 * <p>This package must not know models, files or what is pruned: a layer is a name and two tensors.
 */
package org.llmsurgeon.curvature;
