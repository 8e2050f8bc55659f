package org.llmsurgeon.pipeline.cut;

import java.io.Serializable;
import org.llmsurgeon.surgery.choose.RoundScore;

/**
 * A coupled group's costs in a global round, in a form that travels.
 *
 * @param left what is left, the cheapest per weight first
 * @param joint exact joint cost of what earlier rounds have chosen
 */
record GroupRound(GroupPath left, double joint) implements Serializable {
  static GroupRound of(RoundScore score) {
    return new GroupRound(GroupPath.of(score.left()), score.joint());
  }

  RoundScore score() {
    return new RoundScore(left.score(), joint);
  }
}
