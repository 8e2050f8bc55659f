package org.llmsurgeon.jobs;

import java.util.List;
import java.util.concurrent.Callable;
import org.llmsurgeon.pipeline.EvaluationResult;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code surgeon evaluate}: the perplexity of a model on a text. */
@Command(
    name = "evaluate",
    customSynopsis = "surgeon evaluate --model DIR --test FILE... [OPTIONS]",
    description = {
      "Perplexity of a model on a text.",
      "",
      "The text is joined with blank lines, tokenised once and cut into consecutive windows; the"
          + " perplexity is exp of the mean over windows of their mean next-token cross-entropy.",
      ""
    },
    footer = {"", "Example: surgeon evaluate --model out/pruned --test test.txt --context 512"})
final class EvaluateCommand implements Callable<Integer> {
  /** The settings that this command takes. */
  static final List<Setting> SETTINGS = List.of(Setting.MODEL, Setting.TEST, Setting.CONTEXT);

  @Spec private CommandSpec spec;
  @Mixin private OutputOptions output;

  @Option(names = "--json", order = 99, description = "Print one JSON object instead of a table.")
  private boolean json;

  @Override
  public Integer call() {
    Settings settings = Settings.of(spec.commandLine().getParseResult());
    settings.require("evaluate", Setting.MODEL, Setting.TEST);
    Integer context = settings.recipe().calibration().context();
    EvaluationResult result;
    try (RunProgress progress = output.progress();
        SparkRuntime spark = SparkRuntime.start("surgeon evaluate", output.err(), "Interrupted.")) {
      result =
          new SurgeonPipeline(spark.context(), progress)
              .evaluate(settings.text(Setting.MODEL), settings.list(Setting.TEST), context);
    }
    output.out().print(json ? Json.text(result) + System.lineSeparator() : table(result));
    output.out().flush();
    return Failures.DONE;
  }

  private static String table(EvaluationResult result) {
    return new TextTable("perplexity", "tokens", "windows", "context")
        .row(
            Format.perplexity(result.perplexity()),
            Format.count(result.tokens()),
            Format.count(result.windows()),
            Format.count(result.context()))
        .toString();
  }
}
