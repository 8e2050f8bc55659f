/**
 * Tensors on a card, and how products and kernels take them: their views as matrices, scratch
 * memory, the launch of kernels by name. The kernels' texts are resources beside it.
 *
 * <p>It must not know the layers of a network.
 */
package org.llmsurgeon.compute.cuda.operand;
