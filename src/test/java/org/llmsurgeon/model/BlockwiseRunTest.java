package org.llmsurgeon.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.pass.Targets;
import org.llmsurgeon.model.weights.WeightSource;

@DisplayName("A run block after block")
class BlockwiseRunTest {
  /** Nothing, some of what blocks read, all of it and a few traces, everything. */
  private static final long[] KEEP = {0, 3_000, 40_000, 1L << 30};

  private static final String LLAMA = TinyModels.variants().keySet().iterator().next();

  @TempDir Path folder;

  static Iterable<String> variants() {
    return TinyModels.variants().keySet();
  }

  private LanguageModel model(String variant, Device device, Precision precision, long keep) {
    ModelConfig config = TinyModels.variants().get(variant);
    MemoryLimits limits = TinyModels.limits(16).withKeepBytes(keep).withSpill(this::file);
    return LanguageModel.load(config, TinyModels.weights(config, 11, precision), device, limits);
  }

  private Path file() {
    try {
      return Files.createTempFile(folder, "spill", ".tmp");
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void showsTheSameBitsAsBatchAfterBatchWhateverIsKept(String variant) {
    compare(variant, new ReferenceDevice(), Precision.DOUBLE, Targets.OF_TEXT);
    try (Device cpu = CpuDevice.create()) {
      compare(variant, cpu, Precision.SINGLE, Targets.OF_TEXT);
    }
  }

  @Test
  void showsTheGradientsOfAllDrawsOfABatchBeforeTheNext() {
    ModelConfig config = TinyModels.llama();
    int[][] drawn = TinyModels.windows(config, 15, 8, 3);
    int[][][] targets = new int[5][][];
    for (int window = 0; window < targets.length; window++) {
      targets[window] = new int[][] {drawn[3 * window], drawn[3 * window + 1], drawn[window]};
    }
    compare(LLAMA, new ReferenceDevice(), Precision.DOUBLE, new Targets.Given(targets));
  }

  private void compare(String variant, Device device, Precision precision, Targets targets) {
    RecordingTap straight = new RecordingTap(device);
    double[] losses;
    try (LanguageModel model = model(variant, device, precision, 1L << 30)) {
      losses = model.calibrate(windows(model), targets, straight);
    }
    for (long keep : KEEP) {
      try (LanguageModel model = model(variant, device, precision, keep)) {
        RecordingTap tap = new RecordingTap(device);
        assertThat(model.calibrateByBlock(windows(model), targets, tap)).containsExactly(losses);
        assertSame(straight.inputs, tap.inputs);
        assertSame(straight.gradients, tap.gradients);
        assertThat(folder).as("files left behind").isEmptyDirectory();
        RecordingTap all = new RecordingTap(device);
        all.bytesOfAllBlocks = 1_000;
        assertThat(model.calibrateByBlock(windows(model), targets, all)).containsExactly(losses);
        assertSame(straight.inputs, all.inputs);
        assertSame(straight.gradients, all.gradients);
      }
    }
  }

  private static int[][] windows(LanguageModel model) {
    return TinyModels.windows(model.config(), 5, 8, 12);
  }

  private static void assertSame(
      Map<String, List<double[]>> expected, Map<String, List<double[]>> actual) {
    assertThat(actual.keySet()).hasSameElementsAs(expected.keySet());
    expected.forEach(
        (name, rows) ->
            assertThat(actual.get(name).toArray(double[][]::new))
                .as(name)
                .isDeepEqualTo(rows.toArray(double[][]::new)));
  }

  @Test
  void finishesABlockBeforeItShowsAnother() {
    try (LanguageModel model = model(LLAMA, new ReferenceDevice(), Precision.DOUBLE, 0)) {
      RecordingTap tap = new RecordingTap(model.device());
      model.calibrateByBlock(windows(model), Targets.OF_TEXT, tap);
      int blocks = model.config().linears().stream().mapToInt(LinearShape::block).max().orElse(0);
      int block = blocks;
      for (String call : tap.calls) {
        if (call.equals("done " + block)) {
          block--;
        } else {
          assertThat(call).contains("layers." + block + ".");
        }
      }
      assertThat(block).isEqualTo(-1);
    }
  }

  @Test
  void showsBatchAfterBatchWhereThereIsRoomForTheSumsOfAllBlocks() {
    try (LanguageModel model = model(LLAMA, new ReferenceDevice(), Precision.DOUBLE, 10_000_000)) {
      RecordingTap tap = new RecordingTap(model.device());
      tap.bytesOfAllBlocks = 1_000;
      model.calibrateByBlock(windows(model), Targets.OF_TEXT, tap);
      int last = model.config().blockCount() - 1;
      int done = tap.calls.indexOf("done " + last);
      assertThat(tap.calls.subList(0, done))
          .as("blocks before the first that is done")
          .anyMatch(call -> call.contains("layers.0."));
      assertThat(tap.calls.subList(done + 1, tap.calls.size()))
          .as("the last block, once it is done")
          .noneMatch(call -> call.contains("layers." + last + "."));
      assertThat(tap.calls).endsWith("done 0").containsOnlyOnce("done 0", "done " + last);
    }
  }

  @Test
  void goesForwardBlockAfterBlock() {
    try (LanguageModel model = model(LLAMA, new ReferenceDevice(), Precision.DOUBLE, 0)) {
      RecordingTap straight = new RecordingTap(model.device());
      RecordingTap tap = new RecordingTap(model.device());
      assertThat(model.forwardByBlock(windows(model), tap))
          .containsExactly(model.forward(windows(model), straight));
      assertSame(straight.inputs, tap.inputs);
      assertThat(tap.calls.get(tap.calls.size() - 1)).startsWith("done ");
    }
  }

  @Test
  void makesAFileOnlyWhereMemoryDoesNotLast() {
    List<Path> made = new ArrayList<>();
    Supplier<Path> counting =
        () -> {
          made.add(file());
          return made.get(made.size() - 1);
        };
    ModelConfig config = TinyModels.llama();
    for (long keep : new long[] {1L << 20, 0}) {
      MemoryLimits limits = MemoryLimits.DEFAULT.withKeepBytes(keep).withSpill(counting);
      WeightSource weights = TinyModels.weights(config, 11);
      try (LanguageModel model =
          LanguageModel.load(config, weights, new ReferenceDevice(), limits)) {
        assertThat(made).isEmpty();
        model.calibrateByBlock(windows(model), Targets.OF_TEXT, new RecordingTap(model.device()));
      }
    }
    assertThat(made).hasSize(1);
    assertThat(made.get(0)).doesNotExist();
  }
}
