package org.llmsurgeon.pruning.structure;

import java.util.List;
import java.util.stream.Collectors;
import org.llmsurgeon.InputException;

/** Which share of the weights is to be gone after each shot (method, section 3). */
public sealed interface SparsitySchedule
    permits SparsitySchedule.Linear,
        SparsitySchedule.Cosine,
        SparsitySchedule.Cubic,
        SparsitySchedule.Listed {
  /**
   * The target after a shot, in [0, 1]; that of the last shot is the whole.
   *
   * @param sparsity share of the weights that is gone at the end, in [0, 1]
   * @param shot which one, from 1 to {@code shots}
   * @param shots how many there will be
   */
  default double target(double sparsity, int shot, int shots) {
    LayerSparsity.checkShare(sparsity);
    if (shot < 1 || shot > shots) {
      throw new IllegalArgumentException("shot " + shot + " of " + shots);
    }
    // By the number: a product of a share and a fraction can miss the share by its rounding.
    return shot == shots ? sparsity : onTheWay(sparsity, shot, shots);
  }

  /** The target after a shot that is not the last, from 1 to below {@code shots}. */
  double onTheWay(double sparsity, int shot, int shots);

  /** The name on the command line; null for a list of targets, which has none. */
  String optionName();

  /**
   * The schedule of this name.
   *
   * @param name for example {@code cubic}
   * @throws InputException if there is none, listing the choices
   */
  static SparsitySchedule parse(String name) {
    List<SparsitySchedule> named = List.of(new Linear(), new Cosine(), new Cubic());
    return named.stream()
        .filter(each -> each.optionName().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "There is no schedule '"
                        + name
                        + "'; choose one of "
                        + named.stream()
                            .map(SparsitySchedule::optionName)
                            .collect(Collectors.joining(", "))
                        + "."));
  }

  /** The same step in each shot: {@code sparsity * shot / shots}. */
  record Linear() implements SparsitySchedule {
    @Override
    public double onTheWay(double sparsity, int shot, int shots) {
      return sparsity * shot / shots;
    }

    @Override
    public String optionName() {
      return "linear";
    }
  }

  /** Half a wave: small steps at both ends, {@code sparsity * (1 - cos(pi shot / shots)) / 2}. */
  record Cosine() implements SparsitySchedule {
    @Override
    public double onTheWay(double sparsity, int shot, int shots) {
      return sparsity * ((1 - StrictMath.cos(Math.PI * shot / shots)) / 2);
    }

    @Override
    public String optionName() {
      return "cosine";
    }
  }

  /**
   * Large steps first, while much can be spared: {@code sparsity * (1 - (1 - shot / shots)^3)} (Zhu
   * and Gupta 2017).
   */
  record Cubic() implements SparsitySchedule {
    @Override
    public double onTheWay(double sparsity, int shot, int shots) {
      double left = (double) (shots - shot) / shots;
      return sparsity * (1 - left * left * left);
    }

    @Override
    public String optionName() {
      return "cubic";
    }
  }

  /**
   * Targets one by one.
   *
   * @param targets of each shot, ascending; the last is the whole
   */
  record Listed(List<Double> targets) implements SparsitySchedule {
    /** Copies the targets and checks them. */
    public Listed {
      targets = List.copyOf(targets);
      if (!isAscending(targets)) {
        throw new IllegalArgumentException(targets + " do not grow within (0, 1]");
      }
    }

    /** Whether shares can be targets: there is one, and they ascend within (0, 1]. */
    public static boolean isAscending(List<Double> targets) {
      double before = 0;
      for (double target : targets) {
        if (!(target > before && target <= 1)) {
          return false;
        }
        before = target;
      }
      return !targets.isEmpty();
    }

    /** Share that is gone at the end. */
    public double last() {
      return targets.get(targets.size() - 1);
    }

    /** The targets in proportion, where the whole is another quantity's share than theirs. */
    @Override
    public double onTheWay(double sparsity, int shot, int shots) {
      if (shots != targets.size()) {
        throw new IllegalArgumentException(shots + " shots, " + targets.size() + " targets");
      }
      return targets.get(shot - 1) * (sparsity / last());
    }

    @Override
    public String optionName() {
      return null;
    }
  }
}
