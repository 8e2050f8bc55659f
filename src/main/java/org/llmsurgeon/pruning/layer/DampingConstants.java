package org.llmsurgeon.pruning.layer;

/**
 * What damping adds to the diagonals of a layer's factors. They are fixed for a shot: where lines
 * die within it, the mean of the diagonal that they were taken from changes, they do not.
 *
 * @param g added to {@code G}, in its unit
 * @param a added to {@code A}, in its unit
 */
public record DampingConstants(double g, double a) {}
