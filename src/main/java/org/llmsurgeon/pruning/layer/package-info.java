/**
 * One layer in one shot: costs of its rows and columns, and the joint update of what stays.
 *
 * <p>It must not know other layers, thresholds and units.
 */
package org.llmsurgeon.pruning.layer;
