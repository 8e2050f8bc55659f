/**
 * Where a network's weights come from, and how a checkpoint holds them: under which spelling of
 * their names, several layers in one tensor, or transposed.
 *
 * <p>It must not know files, and what is computed with the weights.
 */
package org.llmsurgeon.model.weights;
