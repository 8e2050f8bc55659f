package org.llmsurgeon.surgery.shot;

/**
 * How far a shot goes.
 *
 * @param target share of the weights that may be gone after it
 * @param end share of the weights that is gone at the end of the run
 * @param last whether no shot follows
 * @param before what the shot before chose; null for the first
 */
public record ShotAim(double target, double end, boolean last, Removal before) {}
