package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.SharedData;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;

/** The files that the commands write against those of the authors' program, on real models. */
@Tag(SharedData.TAG)
class GoldenCommandsTest {
  private static final double FACTORS = 1e-4;
  private static final double COSTS = 1e-3;

  @TempDir private Path temp;

  @BeforeAll
  static void sparkOnTwoCores() {
    System.setProperty("spark.master", "local[2]");
  }

  @AfterAll
  static void sparkAsItWas() {
    System.clearProperty("spark.master");
  }

  @ParameterizedTest
  @CsvSource({"stories260k, stories260K", "optchar, opt-char-gpt825K"})
  void factorsAreTheAuthors(String golden, String model) throws Exception {
    compare(golden, run("factors", golden, model), "factors", FACTORS, true);
  }

  @ParameterizedTest
  @CsvSource({"stories260k, stories260K", "optchar, opt-char-gpt825K"})
  void costsAreTheAuthorsWithAndWithoutSingleWeights(String golden, String model) throws Exception {
    compare(golden, run("scores", golden, model), "costs_obs", COSTS, false);
    compare(
        golden, run("scores", golden, model, "--structures", "element"), "costs_obs", COSTS, false);
    compare(
        golden,
        run("scores", golden, model, "--structures", "element", "--diagonal"),
        "costs_obd",
        COSTS,
        false);
  }

  private Path run(String command, String golden, String model, String... more) {
    Path output = temp.resolve(command + more.length + ".safetensors");
    List<String> arguments =
        new ArrayList<>(
            List.of(
                command,
                "--model",
                SharedData.path("models/" + model + "/hf").toString(),
                "--calibration",
                SharedData.path("golden/" + golden + "/tokens.safetensors").toString(),
                "--output",
                output.toString(),
                "--quiet"));
    arguments.addAll(List.of(more));
    CommandRun run = CommandRun.of(arguments.toArray(String[]::new));
    assertThat(run.code()).as(run.err()).isZero();
    return output;
  }

  /** Compares all tensors that the command wrote; {@code whole}: by Frobenius norm. */
  private static void compare(
      String golden, Path written, String name, double tolerance, boolean whole) throws Exception {
    Path right = SharedData.path("golden/" + golden + "/" + name + ".safetensors");
    LocalStorage storage = new LocalStorage();
    Device device = CpuDevice.create();
    try (Safetensors actual = Safetensors.open(storage.open(written.toString()));
        Safetensors expected = Safetensors.open(storage.open(right.toString()))) {
      assertThat(actual.entries()).isNotEmpty();
      for (String tensor : actual.entries().keySet()) {
        try (Tensor a = actual.load(tensor, device);
            Tensor e = expected.load(tensor, device)) {
          double[] values = device.values(a);
          double[] wanted = device.values(e);
          assertThat(values).as(tensor).hasSameSizeAs(wanted);
          double worst = whole ? relativeNorm(values, wanted) : relativeWorst(values, wanted);
          assertThat(worst).as(tensor).isLessThan(tolerance);
        }
      }
    }
  }

  private static double relativeNorm(double[] actual, double[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
      norm += expected[i] * expected[i];
    }
    return Math.sqrt(difference / norm);
  }

  private static double relativeWorst(double[] actual, double[] expected) {
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      double scale = Math.max(Math.abs(expected[i]), Double.MIN_NORMAL);
      double difference = Math.abs(actual[i] - expected[i]) / scale;
      worst = Math.max(worst, Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference);
    }
    return worst;
  }
}
