package org.llmsurgeon.jobs.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.llmsurgeon.Choice;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.DeviceUnavailableException;
import org.llmsurgeon.compute.Devices;
import org.llmsurgeon.compute.ProductPrecision;
import org.llmsurgeon.compute.bench.BlockShape;
import org.llmsurgeon.compute.bench.DeviceBenchmark;
import org.llmsurgeon.compute.bench.Measurement;
import org.llmsurgeon.jobs.option.OutputOptions;
import org.llmsurgeon.jobs.runtime.Failures;
import org.llmsurgeon.jobs.terminal.Json;
import org.llmsurgeon.jobs.terminal.TextTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code surgeon bench}: how fast this machine is. */
@Command(
    name = "bench",
    customSynopsis = "surgeon bench [--device cpu|cuda] [OPTIONS]",
    description = {
      "Measures this machine's processor or first CUDA card.",
      "",
      "Large products, which are the ceiling; a block of a transformer forward and backward, and"
          + " with the sums of its factors; Cholesky factors and inverses; a cut. Rates count the"
          + " operations that a step needs, however they are done.",
      ""
    },
    footer = {"", "Example: surgeon bench --device cuda --products bfloat16 --json"})
public final class BenchCommand implements Callable<Integer> {
  /** Sizes of the block. */
  private enum Size {
    SMALL(BlockShape.SMALL),
    LLAMA_7B(BlockShape.LLAMA_7B);

    private final BlockShape shape;

    Size(BlockShape shape) {
      this.shape = shape;
    }
  }

  /**
   * What was measured.
   *
   * @param device what was measured
   * @param products how it multiplied
   * @param memoryBytes memory of the card; null of a processor
   * @param steps in their order
   */
  private record Result(String device, String products, Long memoryBytes, List<Step> steps) {}

  /**
   * One measurement.
   *
   * @param name of the step, with its shape
   * @param seconds median
   * @param flops operations that it needs
   * @param flopsPerSecond rate
   * @param share of the ceiling
   */
  private record Step(
      String name, double seconds, double flops, double flopsPerSecond, double share) {}

  @Option(names = "--device", paramLabel = "NAME", description = "cpu or cuda. Default: cpu.")
  private String device = Devices.PROCESSOR;

  @Option(
      names = "--size",
      paramLabel = "NAME",
      description =
          "The block: small (width 768, 512 tokens) or llama-7b (width 4,096, 4,096 tokens)."
              + " Default: small on a processor, llama-7b on a card.")
  private String size;

  @Option(
      names = "--products",
      paramLabel = "NAME",
      description =
          "How a card multiplies single precision: float32, tf32 or bfloat16. Default: tf32.")
  private String products;

  @Option(names = "--repeats", paramLabel = "N", description = "Times of each step. Default: 5.")
  private int repeats = 5;

  @Option(names = "--json", order = 99, description = "Print one JSON object instead of a table.")
  private boolean json;

  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    if (repeats < 1) {
      throw new InputException("--repeats is " + repeats + " but must be at least 1.");
    }
    ProductPrecision precision =
        products == null
            ? ProductPrecision.TF32
            : Choice.parse("precision of products", products, ProductPrecision.values());
    Size asked = size == null ? null : Choice.parse("size", size, Size.values());
    try (Device opened = open()) {
      boolean card = opened.products().size() > 1;
      if (!card && products != null) {
        throw new InputException(
            "--products is for cards, but --device is %s; leave it out or give --device cuda."
                .formatted(device));
      }
      Size chosen = asked != null ? asked : card ? Size.LLAMA_7B : Size.SMALL;
      Device measured = opened.multiplyingIn(precision);
      String how = Choice.name(card ? precision : opened.products().get(0));
      Long memory = opened.ownMemory().isPresent() ? opened.ownMemory().getAsLong() : null;
      List<Step> steps = steps(measured, chosen.shape);
      Result result = new Result(opened.description(), how, memory, steps);
      output.out().print(json ? Json.text(result) + System.lineSeparator() : table(result));
    }
    output.out().flush();
    return Failures.DONE;
  }

  private Device open() {
    try {
      return Devices.open(device, Devices.FIRST);
    } catch (DeviceUnavailableException unavailable) {
      throw new InputException(unavailable.getMessage(), unavailable);
    }
  }

  private List<Step> steps(Device measured, BlockShape shape) {
    List<Step> steps = new ArrayList<>();
    double[] ceiling = {0};
    new DeviceBenchmark(
            measured,
            shape,
            repeats,
            each -> {
              ceiling[0] = ceiling[0] == 0 ? each.rate() : ceiling[0];
              steps.add(step(each, ceiling[0]));
              if (!output.quiet()) {
                output.err().println(each.name());
                output.err().flush();
              }
            })
        .run();
    return steps;
  }

  private static Step step(Measurement each, double ceiling) {
    return new Step(each.name(), each.seconds(), each.flops(), each.rate(), each.rate() / ceiling);
  }

  private static String table(Result result) {
    TextTable table = new TextTable("step", "milliseconds", "10^9 flop/s", "share");
    for (Step each : result.steps()) {
      table.row(
          each.name(),
          String.format(Locale.ROOT, "%.2f", 1e3 * each.seconds()),
          String.format(Locale.ROOT, "%.0f", 1e-9 * each.flopsPerSecond()),
          String.format(Locale.ROOT, "%.2f", each.share()));
    }
    return result.device() + ", products in " + result.products() + "\n" + table;
  }
}
