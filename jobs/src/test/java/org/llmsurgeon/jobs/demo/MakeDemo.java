package org.llmsurgeon.jobs.demo;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.jobs.terminal.Format;
import org.llmsurgeon.jobs.terminal.TextTable;
import org.llmsurgeon.surgery.correct.TrainerStep;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Makes the model and the texts that {@code surgeon demo} ships, from nothing but a seed. The
 * defaults make the shipped files byte for byte on the same type of processor; where OpenBLAS has
 * other kernels, sums round differently and so do weights. The build file of this module has a line
 * that runs it.
 */
@Command(
    name = "make-demo",
    mixinStandardHelpOptions = true,
    description = {
      "Makes the demo's text, tokenizer and model from scratch, and compares the model with"
          + " n-gram models of the same text. Takes some minutes."
    })
final class MakeDemo implements Callable<Integer> {
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

  @Spec private CommandSpec spec;

  private double lossOfALine;
  private long begun;

  /**
   * Runs the tool.
   *
   * @param arguments options
   */
  public static void main(String[] arguments) {
    CommandLine tool = new CommandLine(new MakeDemo());
    tool.setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
    System.exit(tool.execute(arguments));
  }

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
    PrintWriter out = spec.commandLine().getOut();
    try (Device device = CpuDevice.create()) {
      DemoTraining training = new DemoTraining(folder, seed, steps);
      training.prepare();
      DemoTraining.Result result = training.train(device, this::tell);
      out.print(table(result));
      out.println("Model and texts: " + folder);
      out.flush();
    }
    return 0;
  }

  /** A line each time some steps are done, with their mean loss as a perplexity. */
  private void tell(TrainerStep step) {
    lossOfALine += step.loss() / STEPS_OF_A_LINE;
    if (step.step() % STEPS_OF_A_LINE != 0) {
      return;
    }
    PrintWriter err = spec.commandLine().getErr();
    err.printf(
        "step %s/%s: training perplexity %s, %s%n",
        Format.count(step.step()),
        Format.count(steps),
        Format.perplexity(Math.exp(lossOfALine)),
        Format.seconds((System.nanoTime() - begun) * 1e-9));
    err.flush();
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
