package org.llmsurgeon.surgery.choose;

import java.io.Serializable;
import java.util.List;
import org.llmsurgeon.curvature.FactorHealth;
import org.llmsurgeon.pruning.merge.PathMerge;
import org.llmsurgeon.pruning.path.Path;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.Selection;

/**
 * What a group's score task sends to the driver: numbers only.
 *
 * @param path its elimination path
 * @param dead dead rows and columns of each of its layers
 * @param gone those among them whose weights are all 0
 * @param factors how well {@code G} and {@code A} of each of its layers could be inverted
 */
public record GroupScore(
    Path path, List<Selection> dead, List<Selection> gone, List<List<FactorHealth>> factors)
    implements Serializable {
  /**
   * For the merge.
   *
   * @param group the group
   */
  public PathMerge.Group of(CoupledGroup group) {
    return new PathMerge.Group(group, path, dead, gone);
  }
}
