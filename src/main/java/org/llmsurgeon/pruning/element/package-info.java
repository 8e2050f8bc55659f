/**
 * Single weights and N:M patterns of a layer: costs, masks, thresholds over histograms, masked
 * updates.
 *
 * <p>It must not know groups of layers.
 */
package org.llmsurgeon.pruning.element;
