package org.llmsurgeon.jobs.command;

import java.util.List;
import java.util.concurrent.Callable;
import org.llmsurgeon.export.verify.Agreement;
import org.llmsurgeon.export.verify.PythonTransformers;
import org.llmsurgeon.export.verify.Verification;
import org.llmsurgeon.jobs.option.OutputOptions;
import org.llmsurgeon.jobs.runtime.Failures;
import org.llmsurgeon.jobs.runtime.SparkRuntime;
import org.llmsurgeon.jobs.terminal.Format;
import org.llmsurgeon.jobs.terminal.Json;
import org.llmsurgeon.jobs.terminal.RunProgress;
import org.llmsurgeon.jobs.terminal.TextTable;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code surgeon verify}: whether one folder computes what another does. */
@Command(
    name = "verify",
    customSynopsis = "surgeon verify A B [--text FILE...] [OPTIONS]",
    description = {
      "Checks that model B computes what model A does, as an export must.",
      "",
      "The shapes of B's tensors against its config.json, then the logits of both on the same"
          + " tokens: by this program, and by transformers where a Python has it: the one that"
          + " SURGEON_PYTHON names, else python3. Ends with code 2 where B is wrong.",
      ""
    },
    footer = {"", "Example: surgeon verify out/masked out/small --text test.txt"})
public final class VerifyCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "A", description = "Model folder that is right.")
  private String a;

  @Parameters(index = "1", paramLabel = "B", description = "Model folder that is checked.")
  private String b;

  @Option(
      names = "--text",
      arity = "1..*",
      paramLabel = "FILE",
      description =
          "Text, images, or token windows, whose first ones are used. Default: drawn from the"
              + " vocabulary.")
  private List<String> text = List.of();

  @Option(names = "--json", order = 99, description = "Print one JSON object instead of a table.")
  private boolean json;

  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    Verification result;
    try (RunProgress progress = output.progress();
        SparkRuntime spark = SparkRuntime.start("surgeon verify", output.err(), "Interrupted.")) {
      PythonTransformers python = PythonTransformers.find().orElse(null);
      result = new SurgeonPipeline(spark.context(), progress).verify(a, b, text, python);
    }
    output.out().print(json ? Json.text(result) + System.lineSeparator() : table(result));
    output.out().flush();
    return Failures.DONE;
  }

  private static String table(Verification result) {
    TextTable table =
        new TextTable(
            Format.count(result.tokens()) + " tokens",
            "largest difference",
            "KL, nats",
            "perplexity of A",
            "of B");
    row(table, "this program", result.agreement());
    if (result.transformers() != null) {
      row(table, "transformers", result.transformers());
    }
    return table + "B computes what A does." + System.lineSeparator();
  }

  private static void row(TextTable table, String name, Agreement agreement) {
    table.row(
        name,
        "%.2g".formatted(agreement.maxLogitDifference()),
        "%.2g".formatted(Math.max(0, agreement.divergence())),
        perplexity(agreement.perplexityA()),
        perplexity(agreement.perplexityB()));
  }

  private static String perplexity(Double perplexity) {
    return perplexity == null ? "-" : Format.perplexity(perplexity);
  }
}
