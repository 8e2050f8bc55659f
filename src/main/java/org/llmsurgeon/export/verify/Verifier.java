package org.llmsurgeon.export.verify;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.export.plan.ConfigFiles;
import org.llmsurgeon.export.survey.FolderWeights;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ImageShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.StoredTensors;

/**
 * Checks that one model folder computes what another does: the shapes of its tensors against its
 * configuration, then the logits of both on the same tokens, by this program's forward pass and,
 * where it is asked for, by the transformers library, and then all weights, of which some may move
 * no logit of these tokens.
 */
public final class Verifier {
  /** Largest difference of a logit, as a share of the largest logit, where weights are the same. */
  private static final double EXACT = 1e-5;

  /** The same as a multiple of what the last bits of the weights do, where that is more. */
  private static final double ROOM = 8;

  /** The same where biases were rounded to a half-precision format after something was added. */
  private static final double ROUNDED = 2e-3;

  /** Tensors of the blocks of encoders. */
  private static final String OF_ENCODER = "(.*\\.)?(encoder|transformer)\\.layer\\.\\d+\\..*";

  private final Storage storage;
  private final Device device;

  /**
   * A verifier.
   *
   * @param storage where the folders are
   * @param device computes
   */
  public Verifier(Storage storage, Device device) {
    this.storage = storage;
    this.device = device;
  }

  /**
   * Windows of tokens drawn evenly from a vocabulary, or images of evenly drawn pixels, for models
   * without data.
   *
   * @param config the model
   * @param seed of the draw
   */
  public static int[][] sample(ModelConfig config, long seed) {
    Random random = new Random(seed);
    int[][] windows = new int[2][];
    if (config.readsImages()) {
      ImageShape image = config.ends().images().shape();
      int levels = 1 << Byte.SIZE * image.channels();
      for (int i = 0; i < windows.length; i++) {
        int[] pixels = random.ints(image.pixels(), 0, levels).toArray();
        windows[i] = Arrays.copyOf(pixels, pixels.length + 1);
      }
      return windows;
    }
    int length = Math.min(config.maxPositions(), 64);
    Arrays.setAll(windows, i -> random.ints(length, 0, config.vocabulary()).toArray());
    return windows;
  }

  /**
   * Compares two models.
   *
   * @param a a folder that is right
   * @param b the folder that is checked
   * @param windows token ids, at least 2 each; null for {@link #sample}
   * @param python the transformers library, or null
   * @throws InputException with one sentence that says what is wrong with {@code b}
   */
  public Verification verify(String a, String b, int[][] windows, PythonTransformers python) {
    try (ModelFolder first = ModelFolder.open(storage, a);
        ModelFolder second = ModelFolder.open(storage, b)) {
      ModelConfig config = config(first);
      requireSame(config, config(second), a, b);
      requireNothingElse(second);
      int[][] tokens = windows == null ? sample(config, 0) : windows;
      Logits of = new Logits(tokens.length, config.attention().causal());
      try (LanguageModel model = FolderWeights.model(storage, a, device)) {
        for (int i = 0; i < tokens.length; i++) {
          of.first[i] = logits(model, tokens[i]);
        }
      }
      try (LanguageModel model = FolderWeights.model(storage, b, device)) {
        for (int i = 0; i < tokens.length; i++) {
          of.compare(i, logits(model, tokens[i]), tokens[i], config.ends().outputs());
        }
      }
      double tolerance = tolerance(second) * Math.max(10, of.largest);
      Agreement ours = of.agreement();
      Agreement theirs = python == null ? null : python(python, a, second, tokens);
      if (!agree(tolerance, ours, theirs)) {
        // Costs more than all else here, so only now
        tolerance = Math.max(tolerance, ROOM * Sensitivity.of(storage, a, tokens, device));
      }
      require(ours, tolerance, "", a, b);
      if (theirs != null) {
        require(theirs, tolerance, " through transformers", a, b);
      }
      new WeightCheck(first, config, second, config(second), device).require();
      int count =
          Arrays.stream(tokens)
              .mapToInt(each -> config.readsImages() ? config.maxPositions() : each.length)
              .sum();
      return new Verification(count, tolerance, ours, theirs);
    } catch (IOException failed) {
      throw new UncheckedIOException(a + " and " + b + " could not be closed", failed);
    }
  }

  private static boolean agree(double tolerance, Agreement ours, Agreement theirs) {
    return ours.maxLogitDifference() <= tolerance
        && (theirs == null || theirs.maxLogitDifference() <= tolerance);
  }

  private static ModelConfig config(ModelFolder folder) {
    return Architectures.parse(folder.config(), folder.configPath());
  }

  private static void requireSame(ModelConfig a, ModelConfig b, String first, String second) {
    if (a.vocabulary() != b.vocabulary() || a.hidden() != b.hidden()) {
      throw new InputException(
          "%s has a vocabulary of %d and a width of %d, %s of %d and %d; compare models of one kind"
              .formatted(first, a.vocabulary(), a.hidden(), second, b.vocabulary(), b.hidden()));
    }
  }

  /** Refuses tensors of the blocks' linear layers that the configuration does not know. */
  private static void requireNothingElse(ModelFolder folder) {
    ModelConfig config = config(folder);
    StoredTensors names = StoredTensors.of(config, folder::contains);
    Set<String> expected = new TreeSet<>();
    LanguageModel.tensors(config).keySet().forEach(name -> expected.add(names.stored(name)));
    Map<String, ?> indexed = folder.indices();
    for (String name : folder.names()) {
      boolean ofLayer = name.contains("_proj.") || name.contains(".fc") || name.matches(OF_ENCODER);
      if (ofLayer && !expected.contains(name) && !indexed.containsKey(name)) {
        throw new InputException(
            "%s holds tensor %s, which its config.json does not call for; delete it, or export the model again"
                .formatted(folder.path(), name));
      }
    }
  }

  static float[] logits(LanguageModel model, int[] window) {
    try (Tensor logits = model.logits(window)) {
      float[] values = new float[Math.toIntExact(logits.size())];
      model.device().download(logits, 0, values, 0, values.length);
      return values;
    }
  }

  private static double tolerance(ModelFolder folder) {
    boolean biases =
        folder.names().stream()
            .anyMatch(name -> name.matches(".*(proj|fc2|dense|lin2|out_lin).bias"));
    return biases && folder.dtype() != DataType.F32 ? ROUNDED : EXACT;
  }

  private static Agreement python(
      PythonTransformers python, String a, ModelFolder b, int[][] windows) {
    boolean ours = ConfigFiles.pythonIsOurs(b);
    return python.compare(List.of(new PythonTransformers.Pair(a, b.path(), ours)), windows).get(0);
  }

  private static void require(
      Agreement agreement, double tolerance, String how, String a, String b) {
    if (!(agreement.maxLogitDifference() <= tolerance)) {
      throw new InputException(
          ("%s does not compute what %s does: logits differ by up to %.3g%s, where %.3g is let"
                  + " pass; if it was exported from that, export it again")
              .formatted(b, a, agreement.maxLogitDifference(), how, tolerance));
    }
  }

  /** Logits of the first model, and how the second's differ. */
  private static final class Logits {
    private final float[][] first;
    private final boolean next;
    private double largest;
    private double difference;
    private double divergence;
    private double lossA;
    private double lossB;

    /**
     * @param windows how many
     * @param next whether next tokens are said
     */
    Logits(int windows, boolean next) {
      this.first = new float[windows][];
      this.next = next;
    }

    void compare(int window, float[] second, int[] tokens, int vocabulary) {
      float[] a = first[window];
      first[window] = null;
      double kl = 0;
      int positions = second.length / vocabulary;
      for (int t = 0; t < positions; t++) {
        int at = t * vocabulary;
        double normA = logSum(a, at, vocabulary);
        double normB = logSum(second, at, vocabulary);
        for (int i = at; i < at + vocabulary; i++) {
          largest = Math.max(largest, Math.abs(a[i]));
          double apart = Math.abs((double) a[i] - second[i]);
          difference = Double.isNaN(apart) ? Double.NaN : Math.max(difference, apart);
          double logA = a[i] - normA;
          kl += Math.exp(logA) * (logA - (second[i] - normB));
        }
        if (next && t + 1 < positions) {
          int said = at + tokens[t + 1];
          lossA += (normA - a[said]) / (tokens.length - 1) / first.length;
          lossB += (normB - second[said]) / (tokens.length - 1) / first.length;
        }
      }
      divergence += kl / positions / first.length;
    }

    private static double logSum(float[] values, int from, int count) {
      double most = Double.NEGATIVE_INFINITY;
      for (int i = from; i < from + count; i++) {
        most = Math.max(most, values[i]);
      }
      double sum = 0;
      for (int i = from; i < from + count; i++) {
        sum += Math.exp(values[i] - most);
      }
      return most + Math.log(sum);
    }

    Agreement agreement() {
      return new Agreement(
          difference,
          divergence,
          next ? (Double) Math.exp(lossA) : null,
          next ? (Double) Math.exp(lossB) : null);
    }
  }
}
