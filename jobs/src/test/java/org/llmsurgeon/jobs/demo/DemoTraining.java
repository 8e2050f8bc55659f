package org.llmsurgeon.jobs.demo;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.CalibrationText;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.checkpoint.token.WindowDraw;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.export.survey.FolderWeights;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.correct.AdamOptions;
import org.llmsurgeon.surgery.correct.Trainer;
import org.llmsurgeon.surgery.correct.TrainerOptions;
import org.llmsurgeon.surgery.correct.TrainerSchedule;
import org.llmsurgeon.surgery.correct.TrainerStep;

/**
 * Makes everything that the demo ships: texts, tokenizer, and a model trained from random weights.
 * The training text is long enough that no window is read twice.
 *
 * <p>The same seed and number of steps make the same files byte for byte on processors for which
 * OpenBLAS has the same kernels; others may round differently, and training turns that into other
 * weights that are as good.
 */
final class DemoTraining {
  /** Windows of one step: many small steps learn more from a text than few large ones. */
  static final int BATCH = 1;

  private static final int VOCABULARY = 768;
  private static final int CALIBRATION_SENTENCES = 5000;
  private static final int TEST_SENTENCES = 2500;

  /** Fewer tokens than a sentence has on average, so that the text is long enough. */
  private static final int TOKENS_OF_A_SENTENCE = 11;

  private static final double LEARNING_RATE = 1.5e-3;
  private static final int WARM_UP = 200;
  private static final AdamOptions ADAM = new AdamOptions(0.9, 0.99, 1e-8, 0, 1);

  /** Streams that are made from one seed. */
  private enum Stream {
    TRAINING,
    CALIBRATION,
    TEST,
    WEIGHTS,
    ORDER;

    long seed(long seed) {
      return seed * values().length + ordinal();
    }
  }

  private final Path output;
  private final long seed;
  private final int steps;

  /**
   * What was made.
   *
   * @param vocabulary tokens of the tokenizer
   * @param weights weights of the model
   * @param training windows that the model was trained on
   * @param test windows of the test text
   * @param perplexity of the model as written, on the test windows
   */
  record Result(int vocabulary, long weights, int[][] training, int[][] test, double perplexity) {
    /**
     * Perplexity of an n-gram model of the training text on the test windows.
     *
     * @param order tokens of the longest n-gram
     */
    double ngramPerplexity(int order) {
      int[] tokens = Arrays.stream(training).flatMapToInt(Arrays::stream).toArray();
      return Objective.NEXT_TOKEN.score(new NgramModel(order, vocabulary, tokens).losses(test));
    }
  }

  /**
   * @param output folder that does not exist yet
   * @param seed of everything random
   * @param steps steps of training
   */
  DemoTraining(Path output, long seed, int steps) {
    this.output = output;
    this.seed = seed;
    this.steps = steps;
  }

  /** Makes the texts, the tokenizer and the configuration: all but the weights. */
  void prepare() {
    DemoFiles.unpack(DemoFiles.GIVEN, output);
    String calibration = text(Stream.CALIBRATION, CALIBRATION_SENTENCES);
    write(DemoFiles.CALIBRATION, calibration);
    write(DemoFiles.TEST, text(Stream.TEST, TEST_SENTENCES));
    write(DemoFiles.TOKENIZER, json(BytePairs.learn(calibration, VOCABULARY).json()));
  }

  /**
   * Makes the weights, once the rest was made.
   *
   * @param device what to train on
   * @param listener told after each step
   */
  Result train(Device device, Consumer<TrainerStep> listener) {
    ModelConfig config = config();
    int sentences = steps * BATCH * config.maxPositions() / TOKENS_OF_A_SENTENCE;
    int[][] windows = windows(text(Stream.TRAINING, sentences), config);
    long weights;
    WeightSource random = new RandomWeights(config, Stream.WEIGHTS.seed(seed));
    try (LanguageModel model = LanguageModel.load(config, random, device)) {
      new Trainer(model, options()).train(windows, listener);
      weights = model.parameterNames().stream().mapToLong(name -> model.weight(name).size()).sum();
      save(model);
    }
    int[][] test = windows(text(Stream.TEST, TEST_SENTENCES), config);
    try (LanguageModel model =
        FolderWeights.model(
            new LocalStorage(), output.resolve(DemoFiles.MODEL).toString(), device)) {
      double perplexity = Objective.NEXT_TOKEN.score(model.losses(test));
      return new Result(config.vocabulary(), weights, windows, test, perplexity);
    }
  }

  private TrainerOptions options() {
    TrainerSchedule schedule = new TrainerSchedule(LEARNING_RATE, Math.min(WARM_UP, steps), steps);
    return new TrainerOptions(BATCH, 1, schedule, ADAM, Stream.ORDER.seed(seed));
  }

  private String text(Stream stream, int sentences) {
    return new DemoText().text(stream.seed(seed), sentences);
  }

  private ModelConfig config() {
    Path file = output.resolve(DemoFiles.CONFIG);
    try {
      return Architectures.parse(new ObjectMapper().readTree(file.toFile()), file.toString());
    } catch (IOException failed) {
      throw new UncheckedIOException(file + " could not be read", failed);
    }
  }

  private int[][] windows(String text, ModelConfig config) {
    String folder = output.resolve(DemoFiles.MODEL).toString();
    try (TextTokenizer tokenizer = TextTokenizer.open(new LocalStorage(), folder)) {
      return CalibrationText.windows(
          tokenizer.encode(text, true), new WindowDraw.Consecutive(config.maxPositions()));
    }
  }

  private void save(LanguageModel model) {
    SafetensorsLayout layout = new SafetensorsLayout().metadata("format", "pt");
    Map<String, int[]> shapes = LanguageModel.tensors(model.config());
    shapes.forEach(
        (name, shape) ->
            layout.add(name, DataType.BF16, Arrays.stream(shape).asLongStream().toArray()));
    String file = output.resolve(DemoFiles.WEIGHTS).toString();
    try (SafetensorsWriter writer =
        new SafetensorsWriter(layout, new LocalStorage().create(file), file)) {
      for (String name : shapes.keySet()) {
        writer.write(name, model.weight(name), model.device());
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(file + " could not be written", failed);
    }
  }

  private static String json(ObjectNode content) {
    DefaultIndenter lines = new DefaultIndenter("  ", "\n");
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
    printer.indentObjectsWith(lines);
    printer.indentArraysWith(lines);
    try {
      return new ObjectMapper().writer(printer).writeValueAsString(content) + "\n";
    } catch (IOException impossible) {
      throw new IllegalStateException("a tree that is no JSON", impossible);
    }
  }

  private void write(String name, String content) {
    Path file = output.resolve(name);
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, content);
    } catch (IOException failed) {
      throw new UncheckedIOException(file + " could not be written", failed);
    }
  }
}
