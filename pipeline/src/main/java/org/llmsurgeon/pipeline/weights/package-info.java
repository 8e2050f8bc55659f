/**
 * Weights and factors in a process: read, mapped, shared among tasks, written.
 *
 * <p>It must not know stages.
 */
package org.llmsurgeon.pipeline.weights;
