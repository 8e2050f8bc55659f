/**
 * Tensors outside of Java's heap, the memory that they come from, and OpenBLAS on them.
 *
 * <p>It must not know the layers of a network.
 */
package org.llmsurgeon.compute.cpu.operand;
