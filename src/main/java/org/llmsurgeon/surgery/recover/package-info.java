/**
 * What follows the last cut: all weights that are left are trained towards the dense model.
 *
 * <p>It must not know how weights were chosen, files, or machines.
 */
package org.llmsurgeon.surgery.recover;
