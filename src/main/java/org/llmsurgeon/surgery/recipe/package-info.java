/**
 * What a run is told, read once: structures, sparsity, schedule, curvature, rules on layers,
 * corrections, as objects that the values of {@link org.llmsurgeon.surgery.setting options} give.
 *
 * <p>It must not know tensors, devices and files.
 */
package org.llmsurgeon.surgery.recipe;
