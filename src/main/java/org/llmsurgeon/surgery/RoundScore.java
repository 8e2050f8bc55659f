package org.llmsurgeon.surgery;

import java.util.List;
import org.llmsurgeon.pruning.Path;
import org.llmsurgeon.pruning.Selection;

/**
 * What a group's task sends to the driver in a global round: numbers only.
 *
 * @param path every unit of which something is left, the cheapest per weight first
 * @param dead rows and columns of each of its layers that are dead since before the shot
 * @param joint exact joint cost of what earlier rounds have chosen
 */
public record RoundScore(Path path, List<Selection> dead, double joint) {}
