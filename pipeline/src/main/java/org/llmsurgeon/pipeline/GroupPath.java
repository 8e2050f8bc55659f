package org.llmsurgeon.pipeline;

import java.io.Serializable;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.pruning.CoupledGroup;
import org.llmsurgeon.pruning.Path;
import org.llmsurgeon.pruning.PathMerge;
import org.llmsurgeon.surgery.GroupScore;

/**
 * A coupled group's elimination path in a form that travels.
 *
 * @param path the path
 * @param dead dead rows and columns of each of its layers; positions are within the group
 */
record GroupPath(Path path, List<LayerSelection> dead) implements Serializable {
  static GroupPath of(GroupScore score) {
    return new GroupPath(
        score.path(),
        IntStream.range(0, score.dead().size())
            .mapToObj(i -> LayerSelection.of(i, score.dead().get(i)))
            .toList());
  }

  /**
   * For the merge.
   *
   * @param group the group
   */
  PathMerge.Group of(CoupledGroup group) {
    return new PathMerge.Group(group, path, dead.stream().map(LayerSelection::selection).toList());
  }
}
