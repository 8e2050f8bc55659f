/**
 * What can be removed from a linear layer, what each removal would cost, where the threshold over
 * all layers lies, and how the weights that stay make up for those that go.
 *
 * <p>{@link org.llmsurgeon.pruning.layer.LayerSurgery} holds one layer in one shot: it gives costs,
 * and cuts. {@link org.llmsurgeon.pruning.threshold.GlobalThreshold} turns the costs of all layers
 * into a selection for each. For single weights and N:M groups {@link
 * org.llmsurgeon.pruning.element.ElementSurgery} and {@link
 * org.llmsurgeon.pruning.element.ElementThreshold} do the same, with histograms of costs in place
 * of the costs.
 *
 * <p>This package must not know models, files or where the curvature came from: a layer is a name,
 * a weight {@code [out, in]} (with a bias as its last column) and its factors.
 */
package org.llmsurgeon.pruning;
