/**
 * Windows to Kronecker factors, in sums that can be made anywhere and added in order.
 *
 * <p>It must not know pruning: what the factors are for.
 */
package org.llmsurgeon.surgery.calibrate;
