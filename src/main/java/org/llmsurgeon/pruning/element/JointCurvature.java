package org.llmsurgeon.pruning.element;

/**
 * Curvature along groups of consecutive inputs, their correlations kept: for a group {@code c} of
 * row {@code r} the joint curvature of any of its weights is that part of {@code (rows[r]^-1
 * blocks[c])^-1}, with {@code rows[r] = 1 / Gi_rr} and {@code blocks[c] = Ai[c, c]}. The arrays are
 * not copied, so not to be written.
 *
 * @param rows one for each output; 0 for dead ones
 * @param blocks one for each group of inputs: {@code [M, M]} row by row; rows and columns of dead
 *     inputs are 0
 */
public record JointCurvature(double[] rows, double[][] blocks) {}
