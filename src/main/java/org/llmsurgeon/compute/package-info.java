/**
 * Tensors, and the devices that do arithmetic on them. {@link org.llmsurgeon.compute.Device} is the
 * only door: matrix products, factorisations, and the forward and backward of a network's layers.
 * {@code org.llmsurgeon.compute.cpu} has the one on the processor (OpenBLAS, row kernels of the
 * Vector API, memory that ND4J can see), {@code org.llmsurgeon.compute.cuda} the one on CUDA cards.
 * A plain one in double among the tests says what is right.
 *
 * <p>This package must not know anything of ours: no models, no curvature, no pruning, no files.
 */
package org.llmsurgeon.compute;
