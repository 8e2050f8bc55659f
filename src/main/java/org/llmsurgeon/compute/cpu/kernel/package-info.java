/**
 * Rows of numbers and what is done with each: sums, exponentials, activations, in the Vector API
 * and the same in plain Java, bit for bit.
 *
 * <p>It must not know tensors, threads and BLAS.
 */
package org.llmsurgeon.compute.cpu.kernel;
