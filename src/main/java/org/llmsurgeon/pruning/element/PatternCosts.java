package org.llmsurgeon.pruning.element;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Rows;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.pruning.structure.PrunableLayer;
import org.llmsurgeon.pruning.structure.SparsityPattern;

/**
 * What removing the cheapest weights of each group of a layer would add to the loss, N:M. A group
 * is {@code M} consecutive inputs of a row of the full weight, dead ones counted, and never the
 * bias. Groups that satisfy the pattern already cost 0 and are chosen as they are; any other costs
 * more. Where some of a group's weights are 0 already, fewer are left to go, and the group competes
 * with what these cost each.
 */
public final class PatternCosts implements CostMatrix {
  private final String layer;
  private final Tensor weight;
  private final Rows weightRows;
  private final SparsityPattern pattern;
  private final double[] rows;
  private final PatternChoice choice;
  private final int groups;
  private final double[] weights;
  private final boolean[] chosen;

  private PatternCosts(
      Device device,
      PrunableLayer of,
      SparsityPattern pattern,
      double[] rows,
      PatternChoice choice) {
    this.layer = of.name();
    this.weight = of.weight();
    this.pattern = pattern;
    this.rows = rows;
    this.choice = choice;
    this.groups = of.inputs() / pattern.size();
    this.weightRows = Rows.of(device, weight);
    this.weights = new double[weight.columns()];
    this.chosen = new boolean[pattern.size()];
  }

  /**
   * Costs as in the paper: the sum of the group's cheapest weights, each by its own cost.
   *
   * @param device where the weight lives
   * @param of the weight
   * @param pattern which must fit it
   * @param curvature along rows and columns, of either {@link CostKind}
   * @throws org.llmsurgeon.InputException if the pattern does not fit, naming the layer
   */
  public static PatternCosts independent(
      Device device, PrunableLayer of, SparsityPattern pattern, ElementCurvature curvature) {
    check(of, pattern, curvature.rows().length, of.weight().columns(), curvature.columns().length);
    return new PatternCosts(
        device, of, pattern, curvature.rows(), new IndependentChoice(pattern, curvature.columns()));
  }

  /**
   * Joint costs: {@code 1/2 w_S^T C_SS^-1 w_S} with {@code C = Gi_rr Ai[c, c]}, of the cheapest
   * choice {@code S}. In groups of up to 8 all choices are tried; in larger ones weights are chosen
   * one after the other.
   *
   * @param device where the weight lives
   * @param of the weight
   * @param pattern which must fit it
   * @param curvature along rows and groups
   * @throws org.llmsurgeon.InputException if the pattern does not fit, naming the layer
   */
  public static PatternCosts correlated(
      Device device, PrunableLayer of, SparsityPattern pattern, JointCurvature curvature) {
    int size = pattern.size();
    check(of, pattern, curvature.rows().length, of.inputs() / size, curvature.blocks().length);
    PatternChoice choice =
        size <= EveryChoice.LARGEST
            ? new EveryChoice(pattern, curvature.blocks())
            : new StepwiseChoice(pattern, curvature.blocks());
    return new PatternCosts(device, of, pattern, curvature.rows(), choice);
  }

  private static void check(
      PrunableLayer of, SparsityPattern pattern, int rows, int along, int given) {
    pattern.checkFits(of.name(), of.inputs());
    if (rows != of.weight().rows() || along != given) {
      throw new IllegalArgumentException(
          String.format(
              "layer %s: curvature along %d rows and %d inputs or groups for a weight [%d, %d]",
              of.name(), rows, given, of.weight().rows(), of.weight().columns()));
    }
  }

  @Override
  public String layer() {
    return layer;
  }

  @Override
  public int rows() {
    return weight.rows();
  }

  /** Groups in each row. */
  @Override
  public int columns() {
    return groups;
  }

  @Override
  public int weightsOfCandidate() {
    return pattern.removed();
  }

  @Override
  public void read(int row, double[] costs, int[] taken) {
    if (costs.length != groups) {
      throw new IllegalArgumentException(costs.length + " costs of " + groups + " groups");
    }
    load(row);
    for (int group = 0; group < groups; group++) {
      costs[group] = choose(row, group);
      taken[group] = left(group);
    }
  }

  private void load(int row) {
    weightRows.read(row, weights);
  }

  /** Writes the choice, and returns its cost. */
  private double choose(int row, int group) {
    double form = choice.choose(group, weights, group * pattern.size(), chosen);
    double cost = 0.5 * rows[row] * form;
    int left = left(group);
    if (left > 0 && left < pattern.removed()) {
      cost *= (double) pattern.removed() / left;
    }
    if (!(cost >= 0 && cost < Double.POSITIVE_INFINITY)) {
      throw new NonFiniteException(layer, "cost of group " + group + " of row " + row);
    }
    return left == 0 ? 0 : Math.max(Double.MIN_VALUE, cost);
  }

  /** How many weights have to go yet. */
  private int left(int group) {
    int zeros = 0;
    for (int i = 0; i < pattern.size(); i++) {
      zeros += weights[group * pattern.size() + i] == 0 ? 1 : 0;
    }
    return Math.max(0, pattern.removed() - zeros);
  }

  @Override
  public ElementMask select(CostCut cut) {
    ElementMask mask = new ElementMask(weight.rows(), weight.columns());
    CostCut.Walk walk = cut.walk();
    for (int row = 0; row < weight.rows(); row++) {
      load(row);
      for (int group = 0; group < groups; group++) {
        boolean goes = walk.takes(choose(row, group), left(group));
        for (int i = 0; i < chosen.length; i++) {
          int column = group * chosen.length + i;
          if (goes && chosen[i] || weights[column] == 0) {
            mask.remove(row, column);
          }
        }
      }
    }
    return mask;
  }
}
