/**
 * Published methods to compare with: Wanda and SparseGPT of single weights, and importance scores
 * of units.
 *
 * <p>No other room of pruning knows of it, and it must not know paths and thresholds of units.
 */
package org.llmsurgeon.pruning.baseline;
