package org.llmsurgeon.jobs.command;

import java.util.concurrent.Callable;
import org.llmsurgeon.InputException;
import org.llmsurgeon.generation.Sampling;
import org.llmsurgeon.jobs.option.OutputOptions;
import org.llmsurgeon.jobs.runtime.Failures;
import org.llmsurgeon.jobs.runtime.SparkRuntime;
import org.llmsurgeon.jobs.terminal.QuietProgress;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code surgeon generate}: what a model writes. */
@Command(
    name = "generate",
    customSynopsis = "surgeon generate --model DIR --prompt TEXT [OPTIONS]",
    description = {
      "Lets a model go on with a text, so that anybody can see what pruning did to it.",
      "",
      "Each token is a forward pass over all before it: for looking, not for serving.",
      ""
    },
    footer = {
      "",
      "Example: surgeon generate --model out/small --prompt \"Once upon a time\" --tokens 60"
    })
public final class GenerateCommand implements Callable<Integer> {
  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description = "Hugging Face folder of the model, with its tokenizer.")
  private String model;

  @Option(names = "--prompt", paramLabel = "TEXT", required = true, description = "Its beginning.")
  private String prompt;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      defaultValue = "64",
      description = "Tokens to write at most (default: ${DEFAULT-VALUE}).")
  private int tokens;

  @Option(
      names = "--temperature",
      paramLabel = "X",
      defaultValue = "0",
      description = "0 for the likeliest token always; else drawn (default: ${DEFAULT-VALUE}).")
  private double temperature;

  @Option(
      names = "--top-p",
      paramLabel = "SHARE",
      description =
          "Draw among the likeliest tokens that together have this probability; with --temperature"
              + " (default: 1).")
  private Double topP;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of the draw; with --temperature (default: 0).")
  private Long seed;

  @Mixin private OutputOptions output;

  private boolean begun;

  @Override
  public Integer call() {
    if (temperature == 0 && (topP != null || seed != null)) {
      throw new InputException(
          "--top-p and --seed go with --temperature above 0; give one, as 0.8.");
    }
    if (tokens < 1) {
      throw new InputException("--tokens is " + tokens + "; give at least 1.");
    }
    Sampling sampling = new Sampling(temperature, topP == null ? 1 : topP, seed == null ? 0 : seed);
    try (QuietProgress progress = new QuietProgress();
        SparkRuntime spark = SparkRuntime.start("surgeon generate", output.err(), "Interrupted.")) {
      new SurgeonPipeline(spark.context(), progress)
          .generate(model, prompt, tokens, sampling, this::print);
    }
    print("\n");
    return Failures.DONE;
  }

  /** The prompt comes with the first piece: it is not printed where nothing can follow. */
  private void print(String piece) {
    output.out().print(begun ? piece : prompt + piece);
    output.out().flush();
    begun = true;
  }
}
