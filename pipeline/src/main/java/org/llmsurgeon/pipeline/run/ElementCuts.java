package org.llmsurgeon.pipeline.run;

import java.io.Serializable;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.pruning.element.CostCut;

/**
 * How far the cheapest single weights or N:M groups of a layer go, round by round, in a form that
 * travels and is kept: two numbers for each round.
 *
 * @param thresholds cost at which each cut lies
 * @param ties how many of those that cost exactly this go too
 */
public record ElementCuts(double[] thresholds, long[] ties) implements Serializable {
  public static ElementCuts of(List<CostCut> cuts) {
    return new ElementCuts(
        cuts.stream().mapToDouble(CostCut::threshold).toArray(),
        cuts.stream().mapToLong(CostCut::ties).toArray());
  }

  public List<CostCut> cuts() {
    return IntStream.range(0, thresholds.length)
        .mapToObj(i -> new CostCut(thresholds[i], ties[i]))
        .toList();
  }
}
