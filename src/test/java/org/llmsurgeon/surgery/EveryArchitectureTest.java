package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.architecture.Architectures.Supported;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.config.SpecialTokens;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Every architecture of the registry, whatever goes of it, by whatever curvature and Fisher, with
 * whatever follows: it is pruned as far as it was asked to, or refused by a sentence that says why.
 */
@DisplayName("Each architecture of the registry")
class EveryArchitectureTest {
  private static final int MASK = 2;

  private static final List<String> STRUCTURES =
      List.of("units", "row", "column", "row,column", "element", "1:2");

  private static final List<String> ALL_STRUCTURES =
      Stream.concat(STRUCTURES.stream(), Stream.of("expert")).toList();

  private static final List<String> CURVATURES =
      List.of("kfac", "ekfac", "nearest-kronecker", "kronecker-sum", "activations", "identity");

  private static final List<String> FISHERS = List.of("empirical", "sampled", "kl");

  /** Of which nothing is drawn. */
  private static final Set<String> NOT_OF_LOSS = Set.of("activations", "identity");

  private static final List<String> AFTER =
      List.of(
          "",
          "reconstruct=true",
          "correct=distill",
          "correct=cross-entropy",
          "recover=distill",
          "recover=cross-entropy");

  /**
   * A run.
   *
   * @param structures what goes; {@code expert} for units that are whole experts
   * @param curvature by what curvature
   * @param fisher of what losses
   * @param after what follows a cut: an option and its value, or nothing
   */
  private record Run(String structures, String curvature, String fisher, String after) {
    Recipe recipe() {
      Map<String, Object> options = new HashMap<>();
      options.put("structures", ofUnits() ? "units" : structures);
      options.put("curvature", curvature);
      if (structures.equals("expert")) {
        options.put("units", "expert");
      }
      if (structures.equals("1:2")) {
        options.put("skip-unfit", true);
      } else {
        // Of few experts most stay, and what is no expert's.
        options.putAll(Map.of("sparsity", structures.equals("expert") ? 0.15 : 0.3, "shots", 2));
      }
      if (!NOT_OF_LOSS.contains(curvature)) {
        options.put("fisher", fisher);
      }
      if (!after.isEmpty()) {
        options.put(after.split("=")[0], after.split("=")[1]);
      }
      if (after.startsWith("recover")) {
        options.put("recover-tokens", 160);
      }
      return Recipe.of(options);
    }

    Run with(String other) {
      return new Run(structures, curvature, fisher, other);
    }

    boolean ofUnits() {
      return structures.equals("units") || structures.equals("expert");
    }

    /** What its refusal says; null where it is to be done. */
    String refusal(Objective.Output output) {
      if (ofUnits() && Set.of("ekfac", "kronecker-sum").contains(curvature)) {
        return "has no joint costs, which --structures units need; choose row,column, element";
      }
      boolean drawn = fisher.equals("kl") && !NOT_OF_LOSS.contains(curvature);
      if (drawn && output != Objective.Output.TOKENS) {
        return "says no one of several; give --fisher sampled";
      }
      boolean judged = after.endsWith("cross-entropy") || after.startsWith("reconstruct");
      if (judged && output == Objective.Output.VECTOR) {
        return "of embeddings only the dense model's are known; give --";
      }
      return null;
    }
  }

  /** Names of the tiny models. */
  static List<String> models() throws IOException {
    List<String> all = new ArrayList<>(ReferenceModel.names());
    all.addAll(TinyModels.variants().keySet());
    return all;
  }

  @Test
  void isAmongTheTinyModels() throws IOException {
    Set<String> tried = new HashSet<>();
    for (String each : models()) {
      try (Tiny model = Tiny.open(each)) {
        tried.add(model.config().architecture());
      }
    }
    assertThat(tried)
        .containsAll(Architectures.supported().stream().map(Supported::architecture).toList());
  }

  /**
   * Each value of each list once, paired in another way for each model. Where a pair is refused, as
   * units by curvatures that have no joint costs, the structure goes by the default instead, and
   * rows and columns by the curvature and with what follows, so that no model misses any of these.
   */
  @ParameterizedTest
  @MethodSource("models")
  void isPrunedByEachStructureAndCurvatureWithAllThatFollows(String name) throws IOException {
    int own = models().indexOf(name);
    List<Run> runs = new ArrayList<>();
    for (int i = 0; i < STRUCTURES.size(); i++) {
      runs.add(
          new Run(
              STRUCTURES.get(i),
              CURVATURES.get((i + own) % CURVATURES.size()),
              FISHERS.get((i + own / 2) % FISHERS.size()),
              AFTER.get((i + own / 6) % AFTER.size())));
    }
    runs.add(new Run("expert", "kfac", FISHERS.get(own % 3), AFTER.get(own % AFTER.size())));
    Objective.Output output = output(name);
    for (Run run : List.copyOf(runs)) {
      if (run.refusal(output) != null) {
        runs.add(new Run(run.structures(), "kfac", "empirical", ""));
        Run rows = new Run("row,column", run.curvature(), "empirical", run.after());
        runs.add(rows.refusal(output) == null ? rows : rows.with(""));
      }
    }
    assertComplete(runs.stream().filter(run -> run.refusal(output) == null).toList(), output);
    check(name, List.copyOf(new LinkedHashSet<>(runs)));
  }

  /** Of experts alone, which not all models have, nothing counts but that they go. */
  private static void assertComplete(List<Run> done, Objective.Output output) {
    assertThat(done).extracting(Run::structures).containsAll(ALL_STRUCTURES);
    List<Run> ofAll = done.stream().filter(run -> !run.structures().equals("expert")).toList();
    assertThat(ofAll).extracting(Run::curvature).containsAll(CURVATURES);
    Run plain = new Run("row,column", "kfac", "empirical", "");
    assertThat(ofAll)
        .extracting(Run::after)
        .containsAll(
            AFTER.stream().filter(each -> plain.with(each).refusal(output) == null).toList());
  }

  private static Objective.Output output(String name) throws IOException {
    try (Tiny model = Tiny.open(name)) {
      return model.config().objective().output();
    }
  }

  @Tag("long")
  @ParameterizedTest
  @MethodSource("models")
  void isPrunedByAllOfThemWithAllOthers(String name) throws IOException {
    List<Run> runs = new ArrayList<>();
    for (String structures : ALL_STRUCTURES) {
      for (String curvature : CURVATURES) {
        for (String fisher : curvature.equals("kfac") ? FISHERS : FISHERS.subList(0, 1)) {
          AFTER.forEach(after -> runs.add(new Run(structures, curvature, fisher, after)));
        }
      }
    }
    check(name, runs);
  }

  private static void check(String name, List<Run> runs) throws IOException {
    try (Tiny model = Tiny.open(name);
        Device device = CpuDevice.create()) {
      for (Run run : runs) {
        String refusal = run.refusal(model.config().objective().output());
        if (run.structures().equals("expert") && model.config().experts() == null) {
          refusal = "has no experts; leave expert out of the units";
        }
        if (refusal == null) {
          assertDone(device, model, run);
        } else {
          assertThatThrownBy(() -> prune(device, model, run))
              .as("%s", run)
              .isInstanceOf(InputException.class)
              .hasMessageContaining(refusal);
        }
      }
    }
  }

  private static void assertDone(Device device, Tiny model, Run run) throws IOException {
    Outcome outcome = prune(device, model, run);
    LocalSurgeon.Shot last = outcome.last();
    // Experts are few, and of layers that no pattern fits nothing goes.
    double least = Set.of("expert", "1:2").contains(run.structures()) ? 0.05 : 0.2;
    assertThat((double) last.removal().removed() / last.removal().total())
        .as("%s", run)
        .isBetween(least, 0.55);
    assertThat(outcome.losses()).as("%s", run).doesNotContain(Double.NaN).isNotEmpty();
    assertThat(last.reconstruction() != null)
        .as("%s", run)
        .isEqualTo(run.after().startsWith("reconstruct"));
    assertThat(last.correction() != null)
        .as("%s", run)
        .isEqualTo(run.after().startsWith("correct"));
    assertThat(last.recovery() != null).as("%s", run).isEqualTo(run.after().startsWith("recover"));
  }

  private static Outcome prune(Device device, Tiny model, Run run) throws IOException {
    Recipe recipe = run.recipe();
    int[][] windows = TinyModels.labelledWindows(model.config(), 8, 10, 1);
    try (LocalSurgeon surgeon = new LocalSurgeon(device, model.config(), model.weights(), recipe)) {
      LocalSurgeon.Shot last = null;
      for (int shot = 0; shot < recipe.shots(); shot++) {
        last = surgeon.shoot(windows);
      }
      boolean alone = model.config().objective().hasAnswers();
      return new Outcome(last, alone ? surgeon.losses(windows) : new double[1]);
    }
  }

  /** The last shot, and what the model then loses. */
  private record Outcome(LocalSurgeon.Shot last, double[] losses) {}

  /** A tiny model, as the file of a reference or with weights at random. */
  private record Tiny(ModelConfig config, WeightSource weights, ReferenceModel file)
      implements AutoCloseable {
    static Tiny open(String name) throws IOException {
      ModelConfig variant = TinyModels.variants().get(name);
      if (variant != null) {
        return new Tiny(variant, TinyModels.weights(variant, 1), null);
      }
      ReferenceModel file = ReferenceModel.open(name);
      ModelConfig config = file.config();
      config = config.with(config.objective().reading(new SpecialTokens(MASK, Set.of(MASK))));
      return new Tiny(config, file.weights(), file);
    }

    @Override
    public void close() throws IOException {
      if (file != null) {
        file.close();
      }
    }
  }
}
