/**
 * The device on a CUDA card: {@link org.llmsurgeon.compute.cuda.CudaDevice}. It reaches the driver,
 * cuBLAS, cuSOLVER and the run-time compiler NVRTC by name through JNA when the first card is
 * opened, and never before: on a machine without a card this package costs nothing. Its own kernels
 * are resources beside it, compiled for the card at hand and kept by hash.
 *
 * <p>This package must not know anything of ours but {@link org.llmsurgeon.compute}: no models, no
 * curvature, no pruning, no Spark. JNA appears nowhere else.
 */
package org.llmsurgeon.compute.cuda;
