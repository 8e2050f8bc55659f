/**
 * All paths under one threshold, exact counts, and rules on the widths that are left.
 *
 * <p>It must not know tensors and how the paths were found.
 */
package org.llmsurgeon.pruning.merge;
