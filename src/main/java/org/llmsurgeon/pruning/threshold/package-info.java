/**
 * Rows and columns of all layers under one threshold.
 *
 * <p>It must not know tensors, units and single weights.
 */
package org.llmsurgeon.pruning.threshold;
