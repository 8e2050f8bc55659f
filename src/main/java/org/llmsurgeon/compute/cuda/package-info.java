/**
 * The device on a CUDA card: {@link org.llmsurgeon.compute.cuda.CudaDevice}. What a network's
 * layers and a pruning's factorisations are there. NVIDIA's libraries are reached by name through
 * JNA when the first card is opened, and never before: on a machine without a card this package
 * costs nothing. Its own kernels are compiled for the card at hand.
 *
 * <p>This package must not know anything of ours but {@link org.llmsurgeon.compute}: no models, no
 * curvature, no pruning, no Spark. JNA appears nowhere else.
 */
package org.llmsurgeon.compute.cuda;
