package org.llmsurgeon.pipeline.cut;

import java.io.Serializable;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.curvature.FactorHealth;
import org.llmsurgeon.pipeline.run.LayerSelection;
import org.llmsurgeon.pruning.path.Path;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.surgery.choose.GroupScore;

/**
 * A coupled group's elimination path in a form that travels. Positions of layers are within the
 * group.
 *
 * @param path the path
 * @param dead dead rows and columns of each of its layers
 * @param gone those among them whose weights are all 0
 * @param factors how well {@code G} and {@code A} of each of its layers could be inverted
 */
record GroupPath(
    Path path,
    List<LayerSelection> dead,
    List<LayerSelection> gone,
    List<List<FactorHealth>> factors)
    implements Serializable {
  static GroupPath of(GroupScore score) {
    return new GroupPath(score.path(), packed(score.dead()), packed(score.gone()), score.factors());
  }

  private static List<LayerSelection> packed(List<Selection> layers) {
    return IntStream.range(0, layers.size())
        .mapToObj(i -> LayerSelection.of(i, layers.get(i)))
        .toList();
  }

  GroupScore score() {
    return new GroupScore(path, unpacked(dead), unpacked(gone), factors);
  }

  private static List<Selection> unpacked(List<LayerSelection> layers) {
    return layers.stream().map(LayerSelection::selection).toList();
  }
}
