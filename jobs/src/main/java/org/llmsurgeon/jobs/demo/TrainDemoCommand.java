package org.llmsurgeon.jobs.demo;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.jobs.Format;
import org.llmsurgeon.jobs.OutputOptions;
import org.llmsurgeon.jobs.TextTable;
import org.llmsurgeon.surgery.correct.TrainerStep;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code surgeon train-demo}: makes the model and the texts that {@code surgeon demo} uses, from
 * nothing but a seed. The defaults make the shipped files byte for byte on the same type of
 * processor; where OpenBLAS has other kernels, sums round differently and so do weights.
 */
@Command(
    name = "train-demo",
    description = {
      "Makes the demo's text, tokenizer and model from scratch, and compares the model with"
          + " n-gram models of the same text.",
      "",
      "Takes some minutes. The defaults make the files that 'surgeon demo' ships."
    })
public final class TrainDemoCommand implements Callable<Integer> {
  private static final int STEPS_OF_A_LINE = 500;

  @Option(names = "--output", paramLabel = "DIR", required = true, description = "Folder to make.")
  private Path folder;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of text and weights (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "15000",
      description = "Steps of training (default: ${DEFAULT-VALUE}).")
  private int steps;

  @Mixin private OutputOptions output;

  private double lossOfALine;
  private long begun;

  @Override
  public Integer call() {
    if (steps < 1) {
      throw new InputException("--steps is " + steps + "; give at least 1.");
    }
    if (Files.exists(folder)) {
      throw new InputException(
          "The output " + folder + " exists; name a folder that does not, or remove it.");
    }
    begun = System.nanoTime();
    try (Device device = CpuDevice.create()) {
      DemoTraining training = new DemoTraining(folder, seed, steps);
      training.prepare();
      DemoTraining.Result result = training.train(device, this::tell);
      output.out().print(table(result));
      output.out().println("Model and texts: " + folder);
      output.out().flush();
    }
    return 0;
  }

  /** A line each time some steps are done, with their mean loss as a perplexity. */
  private void tell(TrainerStep step) {
    lossOfALine += step.loss() / STEPS_OF_A_LINE;
    if (step.step() % STEPS_OF_A_LINE != 0) {
      return;
    }
    if (!output.quiet()) {
      String line =
          "step %s/%s: training perplexity %s, %s"
              .formatted(
                  Format.count(step.step()),
                  Format.count(steps),
                  Format.perplexity(Math.exp(lossOfALine)),
                  Format.seconds((System.nanoTime() - begun) * 1e-9));
      output.err().println(line);
      output.err().flush();
    }
    lossOfALine = 0;
  }

  private static String table(DemoTraining.Result result) {
    return new TextTable("model", "test perplexity")
        .row("unigram", Format.perplexity(result.ngramPerplexity(1)))
        .row("trigram, Kneser-Ney", Format.perplexity(result.ngramPerplexity(3)))
        .row("5-gram, Kneser-Ney", Format.perplexity(result.ngramPerplexity(5)))
        .row(
            "network, " + Format.count(result.weights()) + " weights",
            Format.perplexity(result.perplexity()))
        .toString();
  }
}
