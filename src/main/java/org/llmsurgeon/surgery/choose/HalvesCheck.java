package org.llmsurgeon.surgery.choose;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.llmsurgeon.pruning.path.Path;

/**
 * How far two halves of the calibration data agree about what is cheap: an estimate of whether more
 * data would help (ours). All units of all groups are costed alone under the factors of each half.
 *
 * @param rankCorrelation of the units' costs per weight between the halves (Spearman 1904), over
 *     all units that both could cost; 1 where they order them the same
 * @param excess what the units that one half finds cheapest cost by the other half's factors, in
 *     relation to what the other half's own choice of as many weights costs, minus 1: the mean of
 *     both directions; 0 where both choose the same
 * @param units that were compared
 */
public record HalvesCheck(double rankCorrelation, double excess, int units)
    implements Serializable {
  /** Above it the choice follows the accidents of the data. */
  private static final double MUCH = 0.1;

  /** A unit under both halves. */
  private record Both(double weights, double first, double second) {}

  /**
   * Holds two halves against each other.
   *
   * @param first costs of all units of each group, as a round without choices gives them
   * @param second the same of the other half
   * @param share of the weights of all these units that is to go
   */
  public static HalvesCheck of(List<Path> first, List<Path> second, double share) {
    List<Both> units = new ArrayList<>();
    for (int group = 0; group < first.size(); group++) {
      units.addAll(both(first.get(group), second.get(group)));
    }
    double wanted = share * units.stream().mapToDouble(Both::weights).sum();
    double there = excess(units, wanted, Both::first, Both::second);
    double back = excess(units, wanted, Both::second, Both::first);
    double correlation =
        correlation(
            ranks(units, Both::first, units.size()), ranks(units, Both::second, units.size()));
    return new HalvesCheck(correlation, (there + back) / 2, units.size());
  }

  /** Whether more data would help. */
  public boolean wantsMore() {
    return excess > MUCH;
  }

  private static List<Both> both(Path first, Path second) {
    int most =
        IntStream.concat(Arrays.stream(first.units()), Arrays.stream(second.units()))
            .max()
            .orElse(-1);
    double[] other = new double[most + 1];
    Arrays.fill(other, Double.NaN);
    for (int i = 0; i < second.length(); i++) {
      other[second.units()[i]] = second.levels()[i];
    }
    List<Both> both = new ArrayList<>();
    for (int i = 0; i < first.length(); i++) {
      double level = other[first.units()[i]];
      // What is dead costs nothing and is no choice.
      if (level > 0 && first.levels()[i] > 0) {
        both.add(new Both(first.costs()[i] / first.levels()[i], first.levels()[i], level));
      }
    }
    return both;
  }

  private static double excess(
      List<Both> units, double wanted, ToDoubleFunction<Both> by, ToDoubleFunction<Both> measured) {
    double own = cost(units, wanted, measured, measured);
    return own == 0 ? 0 : cost(units, wanted, by, measured) / own - 1;
  }

  /** Cost of the cheapest units of some weights together; of the last one a part. */
  private static double cost(
      List<Both> units, double wanted, ToDoubleFunction<Both> by, ToDoubleFunction<Both> measured) {
    double left = wanted;
    double cost = 0;
    for (Both unit : units.stream().sorted(Comparator.comparingDouble(by)).toList()) {
      double taken = Math.min(left, unit.weights());
      cost += taken * measured.applyAsDouble(unit);
      left -= taken;
    }
    return cost;
  }

  /** Ranks from 0; those that are equal share the mean of theirs. */
  private static double[] ranks(List<Both> units, ToDoubleFunction<Both> by, int count) {
    double[] values = units.stream().mapToDouble(by).toArray();
    Integer[] order = IntStream.range(0, count).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.comparingDouble(i -> values[i]));
    double[] ranks = new double[count];
    for (int from = 0; from < count; ) {
      int to = from + 1;
      while (to < count && values[order[to]] == values[order[from]]) {
        to++;
      }
      for (int i = from; i < to; i++) {
        ranks[order[i]] = (from + to - 1) / 2.0;
      }
      from = to;
    }
    return ranks;
  }

  private static double correlation(double[] x, double[] y) {
    double meanX = Arrays.stream(x).average().orElse(0);
    double meanY = Arrays.stream(y).average().orElse(0);
    double xy = 0;
    double xx = 0;
    double yy = 0;
    for (int i = 0; i < x.length; i++) {
      xy += (x[i] - meanX) * (y[i] - meanY);
      xx += (x[i] - meanX) * (x[i] - meanX);
      yy += (y[i] - meanY) * (y[i] - meanY);
    }
    return xx == 0 || yy == 0 ? 0 : xy / Math.sqrt(xx * yy);
  }
}
