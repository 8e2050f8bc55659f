package org.llmsurgeon.pipeline;

import java.io.Serializable;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.pruning.Path;
import org.llmsurgeon.surgery.RoundScore;

/**
 * A coupled group's costs in a global round, in a form that travels.
 *
 * @param path what is left, the cheapest per weight first
 * @param dead dead rows and columns of each of its layers; positions are within the group
 * @param joint exact joint cost of what earlier rounds have chosen
 */
record GroupRound(Path path, List<LayerSelection> dead, double joint) implements Serializable {
  static GroupRound of(RoundScore score) {
    return new GroupRound(
        score.path(),
        IntStream.range(0, score.dead().size())
            .mapToObj(i -> LayerSelection.of(i, score.dead().get(i)))
            .toList(),
        score.joint());
  }

  RoundScore score() {
    return new RoundScore(path, dead.stream().map(LayerSelection::selection).toList(), joint);
  }
}
