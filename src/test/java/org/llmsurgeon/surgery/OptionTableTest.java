package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Every option against every structure: it changes the weights that come out, or it is refused by
 * its name. What is ignored would be reported as if it had been done.
 */
class OptionTableTest {
  private static final List<String> STRUCTURES =
      List.of("row", "column", "row,column", "units", "element", "2:4");

  /**
   * What a plan or a draw of text does, which this loop over ready windows has not; a check of the
   * data, which changes no weight; a trust region, which changes them only where a prediction is
   * measured not to hold (TrustRunTest); and a recovery, which leaves the weights as they were cut
   * where windows at random do not get better.
   */
  private static final Set<String> ELSEWHERE =
      Set.of(
          "preset",
          "structures",
          "sequences",
          "context",
          "fresh-calibration",
          "check-data",
          "draw",
          "text-column",
          "objective",
          "mask-seed",
          "label-column",
          "max-shots",
          "trust-region",
          "recover",
          "recover-tokens",
          "recover-rate",
          "recover-batch");

  /** Options with a value that is none of their defaults, and what they need besides. */
  private static final List<Row> ROWS =
      List.of(
          new Row("units", "neuron"),
          new Row("selection", "rounds"),
          new Row("path-step", 0.9),
          new Row("rounds", 3),
          new Row("rounds", 2, "selection", "rounds"),
          new Row("round-to", 5, "units", "neuron,head,group"),
          new Row("tensor-parallel", 2, "units", "neuron,head,group"),
          new Row("one-width", true, "units", "neuron,head,group"),
          new Row("sparsity", 0.45),
          new Row("target-of", "parameters"),
          new Row("shots", 1),
          new Row("schedule", "cubic"),
          new Row("targets", "0.25,0.3"),
          new Row("save-at", "0.05"),
          new Row("threshold", "layer"),
          new Row("include", "fc"),
          new Row("exclude", "fc"),
          new Row("limit", "*=0.31"),
          new Row("curvature", "activations"),
          new Row("curvature-passes", 1, "curvature", "nearest-kronecker"),
          new Row("curvature-rank", 3, "curvature", "kronecker-sum"),
          new Row("fisher", "sampled"),
          new Row("fisher", "kl"),
          new Row("fisher-samples", 3, "fisher", "sampled"),
          new Row("seed", 7, "fisher", "sampled"),
          new Row("diagonal", true),
          new Row("update", "none"),
          new Row("update", "independent"),
          new Row("update", "additive"),
          new Row("damp-g", 0.7),
          new Row("damp-a", 0.7),
          new Row("shards", 3),
          new Row("element-update", "grouped"),
          new Row("max-correlate", 2, "element-update", "grouped"),
          new Row("add-update", false, "element-update", "grouped", "max-correlate", 2),
          new Row("keep-bias", true),
          new Row("independent", true),
          new Row("skip-unfit", true),
          new Row("reconstruct", true, "update", "none"),
          new Row("correct", "cross-entropy"),
          new Row("rank", 2, "correct", "distill"),
          new Row("correct-epochs", 3, "correct", "distill"),
          new Row("correct-share", 0.9, "correct", "distill"),
          new Row("final-epochs", 1, "correct", "distill"),
          new Row("correct-rate", 0.02, "correct", "distill"),
          new Row("correct-batch", 1, "correct", "distill"));

  private static final Device DEVICE = new ReferenceDevice();
  private static final Map<Map<String, Object>, Outcome> DONE = new HashMap<>();

  private record Row(String option, Object value, Map<String, Object> context) {
    Row(String option, Object value, Object... context) {
      this(option, value, new LinkedHashMap<>());
      for (int i = 0; i < context.length; i += 2) {
        this.context.put((String) context[i], context[i + 1]);
      }
    }
  }

  /** Weights, or why there are none. */
  private record Outcome(double[] weights, String refusal) {}

  static Stream<Arguments> table() {
    return STRUCTURES.stream()
        .flatMap(structures -> ROWS.stream().map(row -> Arguments.of(structures, row)));
  }

  @ParameterizedTest
  @MethodSource("table")
  void anOptionChangesTheWeightsOrIsRefused(String structures, Row row) {
    Map<String, Object> base = new HashMap<>(Map.of("structures", of(structures, row)));
    base.put("sparsity", 0.3);
    base.put("shots", 2);
    Map<String, Object> without = new HashMap<>(base);
    without.putAll(row.context());
    boolean unfit = outcome(without).refusal() != null && !row.option().equals("skip-unfit");
    Map<String, Object> with = unfit ? base : without;
    Outcome before = outcome(with);
    Map<String, Object> changed = new HashMap<>(with);
    changed.put(row.option(), row.value());
    if (row.option().equals("targets")) {
      changed.keySet().removeAll(List.of("sparsity", "shots"));
    }
    Outcome after = outcome(changed);
    if (after.refusal() != null) {
      assertThat(after.refusal()).contains("--" + row.option());
    } else if (!equalByMathematics(structures, row)) {
      assertThat(after.weights()).isNotEqualTo(before.weights());
    }
  }

  /**
   * Options of something that is not asked for; but a seed draws the windows too, and a
   * reconstruction has its context so that it finds something to do.
   */
  static Stream<Arguments> lonely() {
    List<Row> without =
        Stream.concat(
                ROWS.stream()
                    .filter(row -> !row.context().isEmpty())
                    .filter(row -> !Set.of("seed", "reconstruct").contains(row.option())),
                Stream.of(
                    new Row("max-shots", 7),
                    new Row("recover-tokens", 4096),
                    new Row("recover-rate", 0.3),
                    new Row("recover-batch", 3)))
            .toList();
    return STRUCTURES.stream()
        .flatMap(structures -> without.stream().map(row -> Arguments.of(structures, row)));
  }

  @ParameterizedTest
  @MethodSource("lonely")
  void anOptionOfWhatIsNotAskedForIsRefused(String structures, Row row) {
    Map<String, Object> base =
        new HashMap<>(Map.of("structures", structures, "sparsity", 0.3, "shots", 2));
    Outcome before = outcome(base);
    Map<String, Object> changed = new HashMap<>(base);
    changed.put(row.option(), row.value());
    Outcome after = outcome(changed);
    if (after.refusal() != null) {
      assertThat(after.refusal()).contains("--" + row.option());
    } else {
      assertThat(after.weights()).isNotEqualTo(before.weights());
    }
  }

  /** Groups of eight do not divide the twelve inputs of fc2. */
  private static String of(String structures, Row row) {
    return row.option().equals("skip-unfit") && structures.equals("2:4") ? "4:8" : structures;
  }

  /** A sum of updates of which one is nothing is the other one. */
  private static boolean equalByMathematics(String structures, Row row) {
    return "additive".equals(row.value()) && !structures.equals("row,column");
  }

  @Test
  void theTableHasEveryOption() {
    Set<String> known = new TreeSet<>(Recipe.defaults().options().keySet());
    known.removeAll(ELSEWHERE);
    Set<String> rows = new TreeSet<>();
    ROWS.forEach(row -> rows.add(row.option()));
    assertThat(rows).isEqualTo(known);
  }

  private static Outcome outcome(Map<String, Object> options) {
    return DONE.computeIfAbsent(options, OptionTableTest::run);
  }

  private static Outcome run(Map<String, Object> options) {
    ModelConfig config = TinyModels.opt();
    try {
      Recipe recipe = Recipe.of(options);
      try (LocalSurgeon surgeon =
          new LocalSurgeon(DEVICE, config, TinyModels.weights(config, 5), recipe)) {
        for (int shot = 1; shot <= recipe.shots(); shot++) {
          surgeon.shoot(TinyModels.windows(config, 4, 8, 3));
        }
        return new Outcome(weights(config, surgeon), null);
      }
    } catch (InputException refused) {
      return new Outcome(null, refused.getMessage());
    }
  }

  private static double[] weights(ModelConfig config, LocalSurgeon surgeon) {
    return config.linears().stream()
        .map(LinearShape::weightName)
        .flatMapToDouble(
            name -> {
              try (Tensor tensor = surgeon.load(name, DEVICE)) {
                return Arrays.stream(DEVICE.values(tensor));
              }
            })
        .toArray();
  }

  @AfterAll
  static void close() {
    DEVICE.close();
  }
}
