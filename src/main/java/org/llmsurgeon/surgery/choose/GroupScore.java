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
 * @param even where all layers are to have one width: for each number of heads that a key/value
 *     group can keep, from one on, the path on which all are brought to it before the first group
 *     goes; else empty
 * @param dead dead rows and columns of each of its layers
 * @param gone those among them whose weights are all 0
 * @param factors how well {@code G} and {@code A} of each of its layers could be inverted
 */
public record GroupScore(
    Path path,
    List<Path> even,
    List<Selection> dead,
    List<Selection> gone,
    List<List<FactorHealth>> factors)
    implements Serializable {
  /**
   * For the merge.
   *
   * @param group the group
   */
  public PathMerge.Group of(CoupledGroup group) {
    return new PathMerge.Group(group, path, even, dead, gone);
  }
}
