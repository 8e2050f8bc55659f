package org.llmsurgeon.surgery.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pruning.layer.UpdateKind;
import org.llmsurgeon.pruning.structure.RowsColumns;
import org.llmsurgeon.pruning.structure.SelectionKind;
import org.llmsurgeon.pruning.structure.SparsitySchedule;
import org.llmsurgeon.pruning.structure.Units;
import org.llmsurgeon.pruning.structure.WidthRule;
import org.llmsurgeon.surgery.catalog.CurvatureSettings;
import org.llmsurgeon.surgery.catalog.Preset;
import org.llmsurgeon.surgery.catalog.RecoverySettings;
import org.llmsurgeon.surgery.catalog.StepSettings;

/** Defaults, presets and what belongs together. */
class RecipeTest {
  @Test
  void unitsOrderedByPathsAreTheDefaultAndRowsAndColumnsImplyThePapersOrder() {
    Recipe units = Recipe.of(Map.of());
    assertThat(units).isEqualTo(Recipe.defaults());
    assertThat(units.structures()).as("loads in stock programs").isEqualTo(Units.LOADABLE);
    assertThat(Recipe.of(Map.of("structures", "units")).structures()).isEqualTo(Units.DEFAULT);
    assertThat(units.selection().kind()).isEqualTo(SelectionKind.PATHS);
    assertThat(units.shots()).isEqualTo(10);
    Recipe lines = Recipe.of(Map.of("structures", "row,column"));
    assertThat(lines.structures()).isEqualTo(RowsColumns.BOTH);
    assertThat(lines.selection().kind()).isEqualTo(SelectionKind.SINGLE);
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void aPresetIsItsOptionsAndComesBackFromThem(Preset preset) {
    Recipe recipe = Recipe.of(Map.of("preset", preset.optionName()));
    Map<String, Object> options = new HashMap<>();
    preset.options().forEach((setting, value) -> options.put(setting.name(), value));
    assertThat(recipe).isEqualTo(Recipe.of(options));
    assertThat(Recipe.of(recipe.options())).isEqualTo(recipe);
  }

  @Test
  void oneThatTravelsIsReadOnce() throws Exception {
    Recipe third = Recipe.of(Map.of("sparsity", 0.3));
    Recipe half = Recipe.of(Map.of("sparsity", 0.5, "shots", 3));
    Recipe first = travelled(third);
    assertThat(first).isEqualTo(third).isNotSameAs(third);
    assertThat(travelled(third)).isSameAs(first);
    assertThat(travelled(half)).isEqualTo(half);
    assertThat(travelled(third)).isEqualTo(third);
  }

  private static Recipe travelled(Recipe recipe) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(recipe);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      return (Recipe) in.readObject();
    }
  }

  @Test
  void optionsWinOverAPreset() {
    Recipe paper = Recipe.of(Map.of("preset", "paper", "shots", 5));
    assertThat(paper.shots()).isEqualTo(5);
    assertThat(paper.update()).isEqualTo(UpdateKind.ADDITIVE);
    Recipe hardware = Recipe.of(Map.of("preset", "hardware", "round-to", 8));
    assertThat(hardware.selection().widths().neurons()).isEqualTo(8);
    Recipe rows = Recipe.of(Map.of("preset", "hardware", "structures", "row"));
    assertThat(rows.selection()).isEqualTo(Recipe.of(Map.of("structures", "row")).selection());
  }

  @Test
  void aRecipeIsChangedByItsSettings() {
    Recipe recipe = Recipe.of(Map.of("recover", "distill", "recover-tokens", 100, "shots", 3));
    Recipe once = recipe.with(StepSettings.SHOTS, OptionalInt.of(1));
    assertThat(once.options()).containsEntry("shots", 1).containsEntry("recover-tokens", 100L);
    assertThat(
            recipe.without(
                RecoverySettings.RECOVER,
                RecoverySettings.TOKENS,
                RecoverySettings.RATE,
                RecoverySettings.BATCH))
        .isEqualTo(Recipe.of(Map.of("shots", 3)));
    assertThatThrownBy(() -> recipe.without(RecoverySettings.RECOVER))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--recover-tokens");
    assertThatThrownBy(() -> recipe.with(CurvatureSettings.RANK, 2))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--curvature-rank");
  }

  @Test
  void multiplesOfEachKindComeBackFromTheirOptions() {
    Recipe recipe =
        Recipe.of(
            Map.of(
                "preset",
                "hardware",
                "round-to",
                "neuron=64, head=2",
                "tensor-parallel",
                4,
                "one-width",
                true));
    assertThat(recipe.selection().widths()).isEqualTo(new WidthRule(64, 2, 1, 4, true));
    assertThat(recipe.options().get("round-to")).isEqualTo("neuron=64,head=2,group=1");
    assertThat(Recipe.of(recipe.options())).isEqualTo(recipe);
    assertThat(Recipe.of(Map.of("round-to", List.of("head=2", "group=3"))).selection().widths())
        .isEqualTo(new WidthRule(1, 2, 3, 1, false));
    assertThat(Recipe.defaults().options()).containsEntry("round-to", 1);
  }

  @Test
  void adaptiveShotsComeBackFromTheirOptions() {
    Recipe recipe = Recipe.of(Map.of("shots", "auto", "max-shots", 12));
    assertThat(recipe.pace())
        .isEqualTo(new Recipe.Pace(true, 12, new SparsitySchedule.Linear(), List.of()));
    assertThat(Recipe.of(recipe.options())).isEqualTo(recipe);
    assertThat(Recipe.of(Map.of("shots", "auto")).shots()).isEqualTo(40);
  }

  @Test
  void listedTargetsSayShotsAndSparsityAndComeBackFromTheirOptions() {
    Recipe recipe = Recipe.of(Map.of("preset", "paper", "targets", "0.1, 0.2,0.35"));
    assertThat(recipe.shots()).isEqualTo(3);
    assertThat(recipe.goal().sparsity()).isEqualTo(0.35);
    assertThat(recipe.target(2, 0.35)).isEqualTo(0.2);
    assertThat(Recipe.of(recipe.options())).isEqualTo(recipe);
    assertThat(Recipe.of(Map.of("targets", List.of(0.1, 0.2, 0.35))).pace())
        .isEqualTo(recipe.pace());
  }

  @Test
  void aScheduleComesBackFromItsOptions() {
    Recipe recipe = Recipe.of(Map.of("schedule", "cubic", "shots", 2, "sparsity", 0.8));
    assertThat(recipe.target(1, 0.8)).isGreaterThan(0.69);
    assertThat(Recipe.of(recipe.options())).isEqualTo(recipe);
  }

  @Test
  void sharesToKeepAddShotsOnlyWhereNoneWouldEndThere() {
    Recipe recipe =
        Recipe.of(Map.of("sparsity", 0.5, "shots", 5, "save-at", List.of(0.35, 0.1, 0.3, 0.5)));
    assertThat(recipe.shots()).isEqualTo(6);
    assertThat(targets(recipe, 0.5)).containsExactly(0.1, 0.2, 0.5 * 3 / 5, 0.35, 0.4, 0.5);
    assertThat(targets(recipe, 0.25)[3]).isEqualTo(0.175);
    assertThat(recipe.savedAt(0.5 * 3 / 5, 0.5)).contains(0.3);
    assertThat(recipe.savedAt(0.175, 0.25)).contains(0.35);
    assertThat(recipe.savedAt(0.4, 0.5)).isEmpty();
    assertThat(Recipe.of(recipe.options())).isEqualTo(recipe);
  }

  @Test
  void adaptiveShotsStopAtSharesToKeep() {
    Recipe recipe = Recipe.of(Map.of("shots", "auto", "max-shots", 12, "save-at", "0.1,0.5"));
    assertThat(recipe.shots()).isEqualTo(13);
    assertThat(recipe.adaptiveSteps(0.25).stops()).containsExactly(0.05);
    assertThat(Recipe.of(recipe.options())).isEqualTo(recipe);
  }

  private static double[] targets(Recipe recipe, double share) {
    return IntStream.rangeClosed(1, recipe.shots())
        .mapToDouble(shot -> recipe.target(shot, share))
        .toArray();
  }

  @Test
  void whatDoesNotBelongTogetherIsRefused() {
    refuses(Map.of("curvature", "activations", "shots", "auto"), "auto");
    refuses(Map.of("structures", "row", "round-to", 8), "round-to");
    refuses(Map.of("round-to", "neuron=8,neuron=4"), "--round-to");
    refuses(Map.of("round-to", "value=8"), "neuron=64,head=2,group=1");
    refuses(Map.of("round-to", "head="), "--round-to");
    refuses(Map.of("round-to", "head=0"), "at least 1");
    refuses(Map.of("structures", "units", "tensor-parallel", 2), "--preset loadable");
    // The contradiction first: what the other refusal proposes would be refused as well.
    Map<String, Object> held = Map.of("structures", "units", "trust-region", true);
    refuses(with(held, "one-width", true), "--one-width and --trust-region contradict");
    refuses(with(held, "tensor-parallel", 2), "--tensor-parallel and --trust-region contradict");
    refuses(Map.of("structures", "units", "one-width", true), "--one-width");
    refuses(Map.of("preset", "hardware", "one-width", true, "exclude", "layers.0"), "--exclude");
    refuses(Map.of("preset", "hardware", "selection", "rounds"), "--round-to");
    refuses(Map.of("structures", "row", "tensor-parallel", 2), "--tensor-parallel");
    refuses(Map.of("structures", "row", "selection", "paths"), "selection");
    refuses(Map.of("structures", "row", "units", "neuron"), "units");
    refuses(Map.of("targets", "0.1,0.2", "shots", 3), "--targets");
    refuses(Map.of("targets", "0.1,0.2", "sparsity", 0.3), "--targets");
    refuses(Map.of("targets", "0.1,0.2", "schedule", "linear"), "--targets");
    refuses(Map.of("targets", "0.2,0.1"), "--targets");
    refuses(Map.of("sparsity", 0.5, "save-at", 0.6), "--save-at");
    refuses(Map.of("save-at", "0,0.1"), "--save-at");
    refuses(Map.of("shots", "auto", "fresh-calibration", true), "--fresh-calibration");
    refuses(Map.of("schedule", "cosine", "shots", "auto"), "--schedule");
    refuses(Map.of("schedule", "steep"), "linear, cosine, cubic");
  }

  private static Map<String, Object> with(Map<String, Object> options, String name, Object value) {
    Map<String, Object> all = new HashMap<>(options);
    all.put(name, value);
    return all;
  }

  private static void refuses(Map<String, ?> options, String named) {
    assertThatThrownBy(() -> Recipe.of(options))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(named);
  }
}
