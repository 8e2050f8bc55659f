package org.llmsurgeon.pruning.baseline;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Rows;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.curvature.accumulate.InputStatistics;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.Unit;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.pruning.structure.WidthLayout;

/**
 * Scores of a group's units under a {@link UnitBaseline}. The scores of its members are
 * standardised within the group, {@code z = (s - mean) / deviation}, which orders them as before
 * and makes those of one group comparable with another's: FLAP's adaptive allocation, which does
 * every one of these scores good where one threshold is over all groups. A key/value group has the
 * mean of its query heads; each of these bears its share of the keys and values that they use
 * together.
 */
public final class UnitScores {
  private final Device device;
  private final CoupledGroup group;
  private final WidthLayout layout;
  private final List<Layer> layers;

  /**
   * What is known of a layer.
   *
   * @param weight {@code [out, in]}, the bias left out; either precision
   * @param gradient of the same shape; null unless the baseline needs gradients
   * @param statistics {@code [3, in]} of {@link InputStatistics}, means over tokens; null unless it
   *     is the group's last layer and the baseline needs statistics
   */
  public record Layer(Tensor weight, Tensor gradient, Tensor statistics) {}

  /**
   * Scores of a group.
   *
   * @param device where tensors live
   * @param group of neurons, heads and key/value groups only
   * @param layers what is known of its layers, in order
   */
  public UnitScores(Device device, CoupledGroup group, List<Layer> layers) {
    this.device = device;
    this.group = group;
    this.layout = group.widths();
    this.layers = layers;
  }

  /**
   * Standardised scores of the units, raised so that none is below 0.
   *
   * @param baseline which score
   * @param raised what is added to each; the square root of the most inputs that the last layer of
   *     any group has is always enough
   * @throws NonFiniteException if a score is not finite, naming the group
   */
  public double[] units(UnitBaseline baseline, double raised) {
    double[] members = members(baseline);
    if (!Arrays.stream(members).allMatch(Double::isFinite)) {
      throw new NonFiniteException(group.name(), "score of a unit");
    }
    // Of FLAP inputs are standardised, and a head has the mean of its own.
    double[] standard = baseline == UnitBaseline.FLAP ? members : standardised(members);
    return group.units().stream().mapToDouble(unit -> of(unit, standard) + raised).toArray();
  }

  private double of(Unit unit, double[] members) {
    int[] inputs = unit.ways().get(0).compensated().indices();
    return Arrays.stream(inputs)
        .map(j -> j / layout.size())
        .distinct()
        .mapToDouble(member -> members[member])
        .average()
        .orElseThrow();
  }

  /** Scores of neurons or query heads, as published. */
  double[] members(UnitBaseline baseline) {
    return switch (baseline) {
      case MAGNITUDE -> sums((weight, gradient) -> weight * weight);
      case TAYLOR -> sums((weight, gradient) -> Math.abs(weight * gradient));
      case WANDA -> ofInputs(wanda(), false);
      case MINITRON ->
          ofInputs(Arrays.stream(row(InputStatistics.ACTIVITY)).map(Math::sqrt).toArray(), true);
      case FLAP -> ofInputs(standardised(fluctuation()), true);
    };
  }

  /** Of the members' inputs, their sum or mean. */
  private double[] ofInputs(double[] inputs, boolean mean) {
    double[] members = new double[layout.members()];
    for (int j = 0; j < inputs.length; j++) {
      members[j / layout.size()] += mean ? inputs[j] / layout.size() : inputs[j];
    }
    return members;
  }

  private double[] wanda() {
    double[] sums = columnSums(last().weight(), Math::abs);
    double[] squares = row(InputStatistics.SQUARE);
    int outputs = last().weight().rows();
    return IntStream.range(0, sums.length)
        .mapToDouble(j -> sums[j] / outputs * Math.sqrt(squares[j]))
        .toArray();
  }

  private double[] fluctuation() {
    double[] energy = columnSums(last().weight(), weight -> weight * weight);
    double[] means = row(InputStatistics.MEAN);
    double[] squares = row(InputStatistics.SQUARE);
    boolean attention = layout.member() == UnitKind.HEAD;
    return IntStream.range(0, energy.length)
        .mapToDouble(j -> Math.max(0, squares[j] - means[j] * means[j]) * energy[j])
        .map(score -> attention ? score * score : score)
        .toArray();
  }

  /** With the deviation of a sample; 0 where all are equal. */
  private static double[] standardised(double[] values) {
    double mean = Arrays.stream(values).average().orElse(0);
    double square = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    double deviation = Math.sqrt(square / Math.max(1, values.length - 1));
    return Arrays.stream(values)
        .map(value -> deviation == 0 ? 0 : (value - mean) / deviation)
        .toArray();
  }

  private Layer last() {
    return layers.get(layout.layer());
  }

  private double[] row(int which) {
    Tensor statistics = last().statistics();
    double[] row = new double[statistics.columns()];
    device.download(statistics, (long) which * row.length, row, 0, row.length);
    return row;
  }

  /** What a weight adds. */
  private interface OfWeight {
    double of(double weight, double gradient);
  }

  /** Over the members' inputs of the last layer and their rows of the others. */
  private double[] sums(OfWeight score) {
    double[] members = new double[layout.members()];
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      double[] weight = new double[layer.weight().columns()];
      double[] gradient = new double[weight.length];
      Rows weights = Rows.of(device, layer.weight());
      Rows gradients = layer.gradient() == null ? null : Rows.of(device, layer.gradient());
      for (int r = 0; r < layer.weight().rows(); r++) {
        weights.read(r, weight);
        if (gradients != null) {
          gradients.read(r, gradient);
        }
        if (i == layout.layer()) {
          for (int j = 0; j < weight.length; j++) {
            members[j / layout.size()] += score.of(weight[j], gradient[j]);
          }
        } else {
          double sum = 0;
          for (int j = 0; j < weight.length; j++) {
            sum += score.of(weight[j], gradient[j]);
          }
          addRow(r, layer.weight().rows(), sum, members);
        }
      }
    }
    return members;
  }

  /** A row of keys or values belongs to all query heads of its group, in equal parts. */
  private void addRow(int row, int rows, double sum, double[] members) {
    int sharing = members.length * layout.size() / rows;
    int first = row / layout.size() * sharing;
    for (int member = first; member < first + sharing; member++) {
      members[member] += sum / sharing;
    }
  }

  private double[] columnSums(Tensor weight, java.util.function.DoubleUnaryOperator of) {
    double[] sums = new double[weight.columns()];
    Rows.each(
        device,
        weight,
        (r, row) -> {
          for (int j = 0; j < row.length; j++) {
            sums[j] += of.applyAsDouble(row[j]);
          }
        });
    return sums;
  }
}
