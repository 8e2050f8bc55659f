/**
 * Tensors, and the devices that do arithmetic on them. {@link org.llmsurgeon.compute.Device} is the
 * only door: matrix products, factorisations, and the forward and backward of a network's layers.
 * {@link org.llmsurgeon.compute.CpuDevice} is the fast one (OpenBLAS on ND4J's memory, Vector API
 * row kernels), {@link org.llmsurgeon.compute.ReferenceDevice} the plain one in double that says
 * what is right; {@code org.llmsurgeon.compute.cuda} has the one on CUDA cards.
 *
 * <p>This package must not know anything of ours: no models, no curvature, no pruning, no files.
 * ND4J and BLAS appear nowhere else.
 */
package org.llmsurgeon.compute;
