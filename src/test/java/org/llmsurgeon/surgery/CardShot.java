package org.llmsurgeon.surgery;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.ProductPrecision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.bench.WatchedDevice;
import org.llmsurgeon.compute.cuda.CudaDevice;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * One shot over a model of one block on a card, with what each operation of the device took. Part
 * of the folder that {@code jobs/gpu-kit} makes.
 */
public final class CardShot {
  private CardShot() {}

  /**
   * Runs.
   *
   * @param arguments width, inner width, heads, windows, context, sparsity, structures, selection
   */
  public static void main(String[] arguments) {
    int width = Integer.parseInt(arguments[0]);
    String changes =
        "{\"hidden_size\": %d, \"intermediate_size\": %s, \"num_attention_heads\": %s,"
            + " \"num_key_value_heads\": %s, \"head_dim\": %d, \"num_hidden_layers\": 1,"
            + " \"vocab_size\": 2048, \"max_position_embeddings\": %s}";
    ModelConfig config =
        TinyModels.with(
            TinyModels.llamaJson(),
            changes.formatted(
                width,
                arguments[1],
                arguments[2],
                arguments[2],
                width / Integer.parseInt(arguments[2]),
                arguments[4]));
    int[][] windows = new int[Integer.parseInt(arguments[3])][Integer.parseInt(arguments[4])];
    Random random = new Random(1);
    for (int[] window : windows) {
      Arrays.setAll(window, t -> random.nextInt(2048));
    }
    Recipe recipe =
        Recipe.of(
            Map.of(
                "structures",
                arguments[6],
                "selection",
                arguments[7],
                "sparsity",
                Double.parseDouble(arguments[5]),
                "shots",
                1));
    try (CudaDevice card = CudaDevice.open(0, ProductPrecision.TF32)) {
      for (boolean watching : new boolean[] {false, true}) {
        WatchedDevice watched = new WatchedDevice();
        Device device = watching ? watched.watch(card) : card;
        long start = System.nanoTime();
        try (LocalSurgeon surgeon = new LocalSurgeon(device, config, new Uniform(config), recipe)) {
          double loaded = (System.nanoTime() - start) * 1e-9;
          LocalSurgeon.Shot shot = surgeon.shoot(windows);
          card.synchronize();
          System.out.printf(
              Locale.ROOT,
              "%s: %s by %s, %d of %d weights gone: %.2f s, made in %.2f s%n",
              card.card().name(),
              arguments[6],
              arguments[7],
              shot.removal().removed(),
              shot.removal().total(),
              (System.nanoTime() - start) * 1e-9,
              loaded);
        }
        if (watching) {
          watched.print();
        }
      }
    }
  }

  /** Random weights of the size that networks have. */
  private record Uniform(ModelConfig config) implements WeightSource {
    @Override
    public boolean contains(String name) {
      return LanguageModel.tensors(config).containsKey(name);
    }

    @Override
    public int[] shape(String name) {
      return LanguageModel.tensors(config).get(name);
    }

    @Override
    public Tensor load(String name, Device device) {
      int[] shape = shape(name);
      int rows = shape.length == 1 ? 1 : shape[0];
      int columns = shape[shape.length - 1];
      Tensor tensor = device.empty(Precision.SINGLE, rows, columns);
      float[] row = new float[columns];
      int state = name.hashCode();
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
          state = state * 1664525 + 1013904223;
          row[j] = shape.length == 1 ? 1 : (state >> 8) * 0x1p-23f * 0.05f;
        }
        device.upload(row, 0, tensor, (long) i * columns, columns);
      }
      return tensor;
    }
  }
}
