package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.pass.LinearTap;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.evaluate.ChoiceResult;
import org.llmsurgeon.pipeline.evaluate.EvaluationResult;
import org.llmsurgeon.surgery.evaluate.MultipleChoice;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Evaluation, factors and scores, each against its definition. */
class AnalysisTest {
  private static final Recipe RECIPE = Recipe.of(Map.of("shards", 3));
  private static JavaSparkContext spark;

  private final Device device = ExecutorDevice.shared();
  private final LocalStorage storage = new LocalStorage();
  @TempDir Path temp;
  private TestModel model;

  @BeforeAll
  static void start() {
    spark = TestSpark.local(2);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  @BeforeEach
  void makeModel() throws Exception {
    model = TestModel.opt(temp, DataType.F32);
  }

  private SurgeonPipeline pipeline() {
    return new SurgeonPipeline(spark, Progress.silent());
  }

  private int[][] windows(String name) {
    return TokenWindows.read(storage, model.tokens().toString(), name).windows();
  }

  private LanguageModel load() throws IOException {
    try (ModelFolder folder = ModelFolder.open(storage, model.folder().toString())) {
      return LanguageModel.load(model.config(), new FolderWeights(folder), device);
    }
  }

  @Test
  void perplexityIsTheExponentialOfTheMeanLossOfTheWindows() throws Exception {
    EvaluationResult result =
        pipeline().evaluate(model.folder().toString(), List.of(model.tokens().toString()), null);

    try (LanguageModel network = load()) {
      double mean = DoubleStream.of(network.losses(windows("test"))).average().orElseThrow();
      assertThat(result.perplexity()).isCloseTo(Math.exp(mean), within(1e-5));
    }
    assertThat(result.windows()).isEqualTo(10);
    assertThat(result.context()).isEqualTo(10);
    assertThat(result.tokens()).isEqualTo(100);
  }

  @Test
  void textGoesThroughTheModelsTokenizerAndIsCutInWindows() throws Exception {
    model.writeTokenizer();
    Path first = Files.writeString(temp.resolve("1.txt"), "abcdefghij".repeat(2));
    Path second = Files.writeString(temp.resolve("2.txt"), "jihgfedcba".repeat(2) + "abc");

    EvaluationResult result =
        pipeline()
            .evaluate(model.folder().toString(), List.of(first.toString(), second.toString()), 9);

    // 20 characters, a blank line of two, 23 characters: five windows of 9.
    assertThat(result.windows()).isEqualTo(5);
    int[] ids = new int[45];
    String text = Files.readString(first) + "\n\n" + Files.readString(second);
    Arrays.setAll(ids, i -> text.charAt(i) == '\n' ? 10 : text.charAt(i) - 'a');
    int[][] expected = new int[5][];
    Arrays.setAll(expected, i -> Arrays.copyOfRange(ids, 9 * i, 9 * i + 9));
    try (LanguageModel network = load()) {
      double mean = DoubleStream.of(network.losses(expected)).average().orElseThrow();
      assertThat(result.perplexity()).isCloseTo(Math.exp(mean), within(1e-5));
    }
    assertThatThrownBy(
            () -> pipeline().evaluate(model.folder().toString(), List.of(first.toString()), 17))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("16 positions");
  }

  @Test
  void theColumnThatIsNamedIsTheTextAndOneThatNamesNothingIsRefused() throws Exception {
    model.writeTokenizer();
    String folder = model.folder().toString();
    String text = "abcdefghijjihgfedcba";
    Path plain = Files.writeString(temp.resolve("a.txt"), text);
    Path lines =
        Files.writeString(temp.resolve("a.jsonl"), "{\"text\": 3, \"body\": \"" + text + "\"}");

    assertThat(pipeline().evaluate(folder, List.of(lines.toString()), 5, "body"))
        .isEqualTo(pipeline().evaluate(folder, List.of(plain.toString()), 5));
    for (Path none : List.of(plain, model.tokens())) {
      assertThatThrownBy(() -> pipeline().evaluate(folder, List.of(none.toString()), null, "body"))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("--text-column body names a column")
          .hasMessageEndingWith("leave it out.");
    }
  }

  @Test
  void questionsAreAnsweredByLikelihoodWhateverTheTasks() throws Exception {
    model.writeTokenizer();
    StringBuilder lines = new StringBuilder();
    int plain = 0;
    int normalised = 0;
    try (LanguageModel network = load()) {
      for (int i = 0; i < 40; i++) {
        char first = (char) ('a' + i % 10);
        char second = (char) ('a' + i / 4);
        String line =
            String.format(
                "{\"context\": \"ab%sc\", \"choices\": [\"%s\", \"%s%s\"], \"answer\": %d}%n",
                first, second, second, first, i % 2);
        lines.append(line);
        int[] one = {0, 1, first - 'a', 2, 10, second - 'a'};
        int[] two = {0, 1, first - 'a', 2, 10, second - 'a', first - 'a'};
        MultipleChoice.Answered answered =
            new MultipleChoice(new int[][] {one, two}, new int[] {2, 3}, new int[] {1, 2}, i % 2)
                .ask(network);
        plain += answered.plain() ? 1 : 0;
        normalised += answered.normalised() ? 1 : 0;
      }
    }
    Path file = Files.writeString(temp.resolve("choices.jsonl"), lines);
    ChoiceResult result = pipeline().choices(model.folder().toString(), List.of(file.toString()));
    assertThat(result).isEqualTo(new ChoiceResult(40, plain / 40.0, normalised / 40.0));
    assertThat(plain).isBetween(1, 39);
  }

  @Test
  void factorsAreBalancedMeansOverTokens() throws Exception {
    Path output = temp.resolve("factors.safetensors");
    pipeline()
        .factors(
            model.folder().toString(),
            List.of(model.tokens().toString()),
            output.toString(),
            RECIPE);

    try (Safetensors file = Safetensors.open(storage.open(output.toString()));
        LanguageModel network = load()) {
      Means means = new Means(model.config().linears().get(3));
      network.calibrate(windows("calibration"), means);
      double normA = norm(means.a);
      double normG = norm(means.g);
      String layer = means.layer.name();
      assertThat(file.entries()).hasSize(2 * model.config().linears().size());
      assertClose(file, layer + ".A", means.a, Math.sqrt(normG / normA) / means.tokens);
      assertClose(file, layer + ".G", means.g, Math.sqrt(normA / normG) / means.tokens);
    }
    assertThatThrownBy(
            () ->
                pipeline()
                    .factors(
                        model.folder().toString(),
                        List.of(model.tokens().toString()),
                        output.toString(),
                        RECIPE))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("exists");
  }

  private void assertClose(Safetensors file, String name, double[][] sums, double factor) {
    try (Tensor tensor = file.load(name, device)) {
      double[] values = device.values(tensor);
      double largest = Arrays.stream(values).map(Math::abs).max().orElseThrow();
      for (int i = 0; i < values.length; i++) {
        double expected = sums[i / sums.length][i % sums.length] * factor;
        assertThat(values[i]).as(name).isCloseTo(expected, within(1e-5 * largest));
      }
    }
  }

  private static double norm(double[][] matrix) {
    return Math.sqrt(Arrays.stream(matrix).flatMapToDouble(DoubleStream::of).map(x -> x * x).sum());
  }

  /** Sums of outer products, by definition, the bias as a last input of 1. */
  private final class Means implements LinearTap {
    private final LinearShape layer;
    private final double[][] a;
    private final double[][] g;
    private long tokens;

    Means(LinearShape layer) {
      this.layer = layer;
      this.a = new double[layer.augmentedInputs()][layer.augmentedInputs()];
      this.g = new double[layer.outputs()][layer.outputs()];
    }

    @Override
    public void inputs(List<LinearShape> layers, Tensor input) {
      if (layers.contains(layer)) {
        tokens += input.rows();
        add(input, a);
      }
    }

    @Override
    public void outputGradients(LinearShape shape, Tensor gradient) {
      if (shape.equals(layer)) {
        add(gradient, g);
      }
    }

    private void add(Tensor rows, double[][] sums) {
      double[] values = device.values(rows);
      for (int t = 0; t < rows.rows(); t++) {
        double[] x = new double[sums.length];
        Arrays.fill(x, 1);
        System.arraycopy(values, t * rows.columns(), x, 0, rows.columns());
        for (int i = 0; i < x.length; i++) {
          for (int j = 0; j < x.length; j++) {
            sums[i][j] += x[i] * x[j];
          }
        }
      }
    }
  }

  @Test
  void nothingIsWrittenAmongTheWeightsOfAModel() {
    Path output = model.folder().resolve("scores.safetensors");
    Recipe magnitude = Recipe.of(Map.of("curvature", "identity", "diagonal", true));
    assertThatThrownBy(
            () ->
                pipeline()
                    .scores(model.folder().toString(), List.of(), output.toString(), magnitude))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("would lie in the model folder");
    assertThat(output).doesNotExist();
  }

  @Test
  void scoresOfMagnitudeAreSquaredNorms() throws Exception {
    Path output = temp.resolve("scores.safetensors");
    Recipe magnitude = Recipe.of(Map.of("curvature", "identity", "diagonal", true));
    pipeline().scores(model.folder().toString(), List.of(), output.toString(), magnitude);

    LinearShape layer = model.config().linears().get(4);
    try (Safetensors file = Safetensors.open(storage.open(output.toString()));
        ModelFolder folder = ModelFolder.open(storage, model.folder().toString());
        Tensor weight = folder.load(layer.weightName(), device);
        Tensor bias = folder.load(layer.biasName(), device);
        Tensor rows = file.load(layer.name() + ".row", device);
        Tensor columns = file.load(layer.name() + ".column", device)) {
      double[] w = device.values(weight);
      double[] b = device.values(bias);
      double[] expectedRows = new double[layer.outputs()];
      double[] expectedColumns = new double[layer.augmentedInputs()];
      for (int r = 0; r < layer.outputs(); r++) {
        for (int c = 0; c < layer.augmentedInputs(); c++) {
          double value = c < layer.inputs() ? w[r * layer.inputs() + c] : b[r];
          expectedRows[r] += value * value / 2;
          expectedColumns[c] += value * value / 2;
        }
      }
      assertThat(device.values(rows)).containsExactly(expectedRows, within(1e-5));
      assertThat(device.values(columns)).containsExactly(expectedColumns, within(1e-5));
    }
  }

  @Test
  void scoresOfSingleWeightsHaveTheShapeOfTheWeightWithItsBias() throws Exception {
    Path output = temp.resolve("scores.safetensors");
    Recipe magnitude =
        Recipe.of(Map.of("curvature", "identity", "diagonal", true, "structures", "element"));
    pipeline().scores(model.folder().toString(), List.of(), output.toString(), magnitude);

    try (Safetensors file = Safetensors.open(storage.open(output.toString()));
        ModelFolder folder = ModelFolder.open(storage, model.folder().toString())) {
      assertThat(file.entries()).hasSize(3 * model.config().linears().size());
      for (LinearShape layer : model.config().linears()) {
        try (Tensor weight = folder.load(layer.weightName(), device);
            Tensor bias = folder.load(layer.biasName(), device);
            Tensor elements = file.load(layer.name() + ".element", device)) {
          double[] w = device.values(weight);
          double[] b = device.values(bias);
          double[] expected = new double[layer.outputs() * layer.augmentedInputs()];
          for (int i = 0; i < expected.length; i++) {
            int row = i / layer.augmentedInputs();
            int column = i % layer.augmentedInputs();
            double value = column < layer.inputs() ? w[row * layer.inputs() + column] : b[row];
            expected[i] = value * value / 2;
          }
          assertThat(elements.columns()).isEqualTo(layer.augmentedInputs());
          assertThat(device.values(elements)).containsExactly(expected, within(1e-6));
        }
      }
    }
  }

  @Test
  void nothingIsLeftBehind() throws Exception {
    long before = scratchFolders();
    pipeline().evaluate(model.folder().toString(), List.of(model.tokens().toString()), null);
    assertThat(scratchFolders()).isEqualTo(before);
  }

  private static long scratchFolders() throws IOException {
    try (var files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files.filter(each -> each.getFileName().toString().startsWith("surgeon-")).count();
    }
  }
}
