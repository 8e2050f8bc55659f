/**
 * What can go, what is gone, and how much that is: rows, columns, units, single weights, patterns,
 * and the shares of a schedule.
 *
 * <p>It must not know curvature and costs.
 */
package org.llmsurgeon.pruning.structure;
