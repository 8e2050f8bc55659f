/**
 * The libraries of a CUDA card, opened by name: the driver, cuBLAS, cuSOLVER and the run-time
 * compiler NVRTC; the context of a card, its memory in blocks, copies to and from it, and compiled
 * programs kept by hash.
 *
 * <p>It must not know tensors and what is computed: addresses, sizes and texts only.
 */
package org.llmsurgeon.compute.cuda.driver;
