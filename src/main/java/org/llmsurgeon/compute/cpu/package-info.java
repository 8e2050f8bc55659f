/**
 * The fast device of a processor: OpenBLAS for products and factorisations, Java's vector API for
 * rows, memory outside of Java's heap.
 *
 * <p>It must not know networks, curvature and the other devices; what others may use is {@link
 * org.llmsurgeon.compute.cpu.CpuDevice}.
 */
package org.llmsurgeon.compute.cpu;
