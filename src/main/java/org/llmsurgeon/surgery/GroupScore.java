package org.llmsurgeon.surgery;

import java.util.List;
import org.llmsurgeon.pruning.Path;
import org.llmsurgeon.pruning.Selection;

/**
 * What a group's score task sends to the driver: numbers only.
 *
 * @param path its elimination path
 * @param dead dead rows and columns of each of its layers
 */
public record GroupScore(Path path, List<Selection> dead) {}
