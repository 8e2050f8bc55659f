/**
 * The fast device of a processor: the operations of {@link org.llmsurgeon.compute.Device}, of
 * tensors and rows that its rooms have.
 *
 * <p>It must not know networks, curvature and the other devices; what others may use is {@link
 * org.llmsurgeon.compute.cpu.CpuDevice}.
 */
package org.llmsurgeon.compute.cpu;
