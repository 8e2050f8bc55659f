package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.pruning.structure.WeightCount;
import org.llmsurgeon.surgery.choose.Allowance;
import org.llmsurgeon.surgery.choose.Competition;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.operate.LayerReport;
import org.llmsurgeon.surgery.operate.LayerWeight;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.recipe.TargetShare;

/** Runs a recipe and checks after each shot what must hold of any run, counting what it checked. */
final class RunPromises {
  /** What is promised. */
  enum Promise {
    /** No more is gone than the shot's target allows, of each layer where it goes on its own. */
    NEVER_ABOVE,
    /** What is told to be gone is gone, to the weight. */
    EXACT,
    /** No layer has lost more than its limit, and one that is left out nothing. */
    LIMITS,
    /** What was 0 stays 0, but for scattered zeros where rows, columns or units go. */
    ZEROS_STAY,
    /** The last shot aims at the goal, and shots aim at each share at which the model is kept. */
    LAST_TARGET,
    /** Once more, and the bytes are the same. */
    SAME_BYTES
  }

  private final Device device;
  private final Map<Promise, Integer> kept = new EnumMap<>(Promise.class);

  RunPromises(Device device) {
    this.device = device;
  }

  /** In how many runs a promise was looked at. */
  int kept(Promise promise) {
    return kept.getOrDefault(promise, 0);
  }

  /**
   * A case.
   *
   * @param name for messages
   * @param config the model
   * @param weights its weights
   * @param recipe what to do
   * @param stops shares at which the model is to be kept
   */
  record Case(
      String name, ModelConfig config, WeightSource weights, Recipe recipe, List<Double> stops) {}

  /**
   * Runs a case.
   *
   * @param of the case
   * @param twice whether to do it again
   */
  void check(Case of, boolean twice) {
    double[] first = run(of);
    if (twice) {
      assertThat(run(of)).as(of.name()).isEqualTo(first);
      kept.merge(Promise.SAME_BYTES, 1, Integer::sum);
    }
    boolean bounded =
        !of.recipe().layers().limits().isEmpty() || !of.recipe().layers().exclude().isEmpty();
    for (Promise each : Promise.values()) {
      if (each != Promise.SAME_BYTES && (bounded || each != Promise.LIMITS)) {
        kept.merge(each, 1, Integer::sum);
      }
    }
  }

  private double[] run(Case of) {
    Recipe recipe = of.recipe();
    double share =
        new TargetShare(of.config(), tensor -> Float.BYTES).of(recipe.goal(), recipe.layers());
    List<double[]> dense = weights(of.config(), of.weights());
    List<double[]> before = dense;
    List<Double> targets = new ArrayList<>();
    try (LocalSurgeon surgeon = new LocalSurgeon(device, of.config(), of.weights(), recipe)) {
      for (int i = 1; i <= recipe.shots(); i++) {
        LocalSurgeon.Shot shot = surgeon.shoot(TinyModels.windows(of.config(), 2, 8, 1));
        List<double[]> now = weights(of.config(), surgeon);
        new ShotCheck(of, shot).check(dense, before, now);
        targets.add(shot.removal().target());
        before = now;
      }
    }
    assertThat(targets.get(targets.size() - 1)).as(of.name()).isEqualTo(share);
    for (double stop : of.stops()) {
      double aim = stop * share / recipe.goal().sparsity();
      assertThat(targets).as(of.name()).anyMatch(target -> Math.abs(target - aim) < 1e-9);
    }
    return before.stream().flatMapToDouble(Arrays::stream).toArray();
  }

  /** Weights of all layers, the bias as last column. */
  private List<double[]> weights(ModelConfig config, WeightSource source) {
    List<double[]> all = new ArrayList<>();
    for (LinearShape layer : config.linears()) {
      try (LayerWeight weight = LayerWeight.load(device, layer, source);
          Tensor augmented = weight.augmented(device)) {
        all.add(device.values(augmented));
      }
    }
    return all;
  }

  /** What one shot left. */
  private record ShotCheck(Case of, LocalSurgeon.Shot shot) {
    void check(List<double[]> dense, List<double[]> before, List<double[]> now) {
      for (int layer = 0; layer < now.size(); layer++) {
        assertZerosStay(of.config().linears().get(layer), before.get(layer), now.get(layer));
        assertBounded(of.config().linears().get(layer), dense.get(layer), now.get(layer));
      }
      assertExact(now);
      assertNeverAbove();
    }

    private void assertZerosStay(LinearShape layer, double[] before, double[] now) {
      int columns = layer.augmentedInputs();
      ElementMask stays = stays(layer, before);
      for (int i = 0; i < before.length; i++) {
        if (stays.removed(i / columns, i % columns) && now[i] != 0) {
          throw new AssertionError(of.name() + ": a zero of " + layer.name() + " has come back");
        }
      }
    }

    private ElementMask stays(LinearShape layer, double[] before) {
      Device device = new ReferenceDevice();
      try (Tensor weight =
          device.tensor(Precision.DOUBLE, layer.outputs(), layer.augmentedInputs(), before)) {
        return of.recipe().structures().sparse()
            ? ElementMask.ofZeros(device, weight)
            : ElementMask.ofPattern(device, weight);
      }
    }

    private void assertBounded(LinearShape layer, double[] dense, double[] now) {
      long most = of.recipe().layers().most(layer);
      if (most == 0) {
        assertThat(now).as("%s, %s", of.name(), layer.name()).isEqualTo(dense);
      }
      assertAllowed(new Allowance(layer.name(), List.of(layer), most));
    }

    private void assertExact(List<double[]> now) {
      long counted = 0;
      for (int i = 0; i < now.size(); i++) {
        LinearShape layer = of.config().linears().get(i);
        long gone =
            of.recipe().structures().sparse()
                ? zeros(layer, now.get(i))
                : lines(layer, selection(layer), now.get(i));
        assertThat(report(layer).removed()).as("%s, %s", of.name(), layer.name()).isEqualTo(gone);
        counted += gone;
      }
      assertThat(shot.removal().removed()).as(of.name()).isEqualTo(counted);
    }

    private void assertNeverAbove() {
      long total = shot.removal().total();
      if (!of.recipe().layers().alone()) {
        long allowed = WeightCount.atMost(shot.removal().target(), total);
        assertAllowed(new Allowance("", of.config().linears(), allowed));
      }
      Competition.of(of.config(), of.recipe())
          .allowances(shot.removal().target())
          .forEach(this::assertAllowed);
    }

    /**
     * What was gone before stays gone; then nothing may have gone besides. Zeros that came with the
     * model can become a line of zeros when what lay between them has gone.
     */
    private void assertAllowed(Allowance part) {
      long removed = 0;
      long before = 0;
      for (LinearShape layer : part.layers()) {
        removed += report(layer).removed();
        before += report(layer).before();
      }
      assertThat(before).as("%s %s", of.name(), part.name()).isLessThanOrEqualTo(removed);
      if (removed > before) {
        assertThat(removed).as("%s %s", of.name(), part.name()).isLessThanOrEqualTo(part.weights());
      }
    }

    private LayerReport.Weights report(LinearShape layer) {
      return shot.layers().stream()
          .filter(each -> each.layer().equals(layer.name()))
          .findFirst()
          .orElseThrow()
          .weights();
    }

    private Selection selection(LinearShape layer) {
      return shot.choice().layers().get(of.config().index(layer)).lines();
    }

    /** Zeros that count: where weights may go, and of a group no more than its pattern takes. */
    private long zeros(LinearShape layer, double[] weight) {
      int size = of.recipe().structures().groupSize();
      int columns =
          size > 1 || of.recipe().elements().keepBias() ? layer.inputs() : layer.augmentedInputs();
      if (of.recipe().layers().most(layer) == 0 || layer.inputs() % size != 0) {
        return 0;
      }
      long zeros = 0;
      for (int row = 0; row < layer.outputs(); row++) {
        for (int group = 0; group < columns / size; group++) {
          int in = 0;
          for (int i = 0; i < size; i++) {
            in += weight[row * layer.augmentedInputs() + group * size + i] == 0 ? 1 : 0;
          }
          zeros += Math.min(in, of.recipe().structures().removedOfGroup());
        }
      }
      return zeros;
    }

    /** Weights in the rows and columns that went, all of which are 0. */
    private long lines(LinearShape layer, Selection selection, double[] weight) {
      boolean[] gone = new boolean[weight.length];
      int width = layer.augmentedInputs();
      for (int row : selection.rows()) {
        Arrays.fill(gone, row * width, (row + 1) * width, true);
      }
      for (int column : selection.columns()) {
        for (int row = 0; row < layer.outputs(); row++) {
          gone[row * width + column] = true;
        }
      }
      long count = 0;
      for (int i = 0; i < gone.length; i++) {
        count += gone[i] ? 1 : 0;
        assertThat(!gone[i] || weight[i] == 0).as("%s, %s", of.name(), layer.name()).isTrue();
      }
      return count;
    }
  }
}
