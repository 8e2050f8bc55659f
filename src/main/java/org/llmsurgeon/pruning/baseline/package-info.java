/**
 * Published methods to compare with: Wanda and SparseGPT.
 *
 * <p>It must not know the other rooms of pruning; nothing there knows of it.
 */
package org.llmsurgeon.pruning.baseline;
