/**
 * The elimination path of one coupled group: which of its units go in which order, and what each
 * costs after those before it.
 *
 * <p>It must not know other groups and thresholds.
 */
package org.llmsurgeon.pruning.path;
