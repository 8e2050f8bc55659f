package org.llmsurgeon.compute.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.ProductPrecision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cuda.CudaDevice;
import org.llmsurgeon.compute.cuda.driver.CudaCard;

/**
 * Measures a card and writes what a block came to, for comparison with another program; one line
 * for each figure as soon as it is there. Part of the folder that {@code jobs/gpu-kit} makes.
 */
public final class CardReport {
  private static final int REPEATS = 7;
  private static final int CHECKED_TOKENS = 512;

  private CardReport() {}

  /**
   * Runs.
   *
   * @param arguments {@code bench PRECISION}, {@code profile PRECISION} or {@code dump PRECISION
   *     FOLDER}
   */
  public static void main(String[] arguments) throws IOException {
    ProductPrecision precision = ProductPrecision.valueOf(arguments[1]);
    System.out.println(CudaCard.of(0));
    long start = System.nanoTime();
    try (CudaDevice device = CudaDevice.open(0, precision)) {
      System.out.printf(Locale.ROOT, "opened in %.2f s%n", (System.nanoTime() - start) * 1e-9);
      if (arguments[0].equals("dump")) {
        dump(device, Path.of(arguments[2]), precision.name().toLowerCase(Locale.ROOT));
      } else if (arguments[0].equals("profile")) {
        profile(device);
      } else {
        measure(device, precision);
      }
    }
  }

  private static void measure(CudaDevice device, ProductPrecision precision) {
    double[] ceiling = {0};
    DeviceBenchmark benchmark =
        new DeviceBenchmark(
            device,
            BlockShape.LLAMA_7B,
            REPEATS,
            each -> {
              ceiling[0] = Math.max(ceiling[0], each.rate());
              System.out.printf(
                  Locale.ROOT,
                  "{\"card\": \"%s\", \"products\": \"%s\", \"step\": \"%s\", \"seconds\": %.6f,"
                      + " \"teraflops\": %.2f, \"share\": %.3f}%n",
                  device.card().name(),
                  precision,
                  each.name(),
                  each.seconds(),
                  each.rate() * 1e-12,
                  each.rate() / ceiling[0]);
            });
    benchmark.ceiling();
    benchmark.block();
    if (precision == ProductPrecision.TF32) {
      benchmark.factorisations();
      benchmark.cut();
    }
  }

  private static void profile(Device device) {
    WatchedDevice watched = new WatchedDevice();
    try (Block warm = new Block(device, BlockShape.LLAMA_7B)) {
      warm.pass();
      warm.addFactors();
    }
    try (Block block = new Block(watched.watch(device), BlockShape.LLAMA_7B)) {
      block.pass();
      block.addFactors();
    }
    watched.print();
  }

  private static void dump(Device device, Path folder, String suffix) throws IOException {
    Files.createDirectories(folder);
    BlockShape full = BlockShape.LLAMA_7B;
    BlockShape shape = new BlockShape(full.width(), full.inner(), full.heads(), CHECKED_TOKENS);
    try (Block block = new Block(device, shape)) {
      block.pass();
      block.addFactors();
      for (Map.Entry<String, Tensor> each : block.results().entrySet()) {
        Tensor tensor = each.getValue();
        boolean packed = tensor.rows() == 1;
        int n = (int) Math.round((Math.sqrt(8.0 * tensor.size() + 1) - 1) / 2);
        // One of the large ones is enough
        if (packed && n > full.width() && !each.getKey().equals("G.up")) {
          continue;
        }
        Path file = folder.resolve(each.getKey() + "." + suffix);
        try (OutputStream out = Files.newOutputStream(file)) {
          if (packed) {
            try (Tensor whole = device.empty(Precision.SINGLE, n, n)) {
              device.unpack(tensor, whole);
              write(device, whole, out);
            }
          } else {
            write(device, tensor, out);
          }
        }
      }
    }
  }

  private static void write(Device device, Tensor tensor, OutputStream out) throws IOException {
    float[] row = new float[tensor.columns()];
    ByteBuffer bytes = ByteBuffer.allocate(4 * row.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < tensor.rows(); i++) {
      device.download(tensor, (long) i * row.length, row, 0, row.length);
      bytes.asFloatBuffer().put(row);
      out.write(bytes.array());
    }
  }
}
