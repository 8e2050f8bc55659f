/**
 * What a run is told: structures, sparsity, schedule, curvature, rules on layers, corrections.
 *
 * <p>It must not know tensors, devices and files.
 */
package org.llmsurgeon.surgery.recipe;
