/**
 * Published methods to compare with: Wanda and SparseGPT of single weights, and importance scores
 * of units.
 *
 * <p>No other room of pruning knows of it.
 */
package org.llmsurgeon.pruning.baseline;
