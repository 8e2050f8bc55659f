package org.llmsurgeon.surgery.choose;

import java.io.Serializable;

/**
 * What a group's task sends to the driver in a global round: numbers only.
 *
 * @param left every unit of which something is left, the cheapest per weight first, as a path; what
 *     is dead and gone is so since before the shot
 * @param joint exact joint cost of what earlier rounds have chosen
 */
public record RoundScore(GroupScore left, double joint) implements Serializable {}
