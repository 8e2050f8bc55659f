package org.llmsurgeon.jobs.command;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.jobs.option.OutputOptions;
import org.llmsurgeon.jobs.option.RunSettings;
import org.llmsurgeon.jobs.option.Settings;
import org.llmsurgeon.jobs.runtime.Failures;
import org.llmsurgeon.jobs.runtime.SparkRuntime;
import org.llmsurgeon.jobs.terminal.Format;
import org.llmsurgeon.jobs.terminal.Json;
import org.llmsurgeon.jobs.terminal.RunProgress;
import org.llmsurgeon.jobs.terminal.TextTable;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.evaluate.ChoiceResult;
import org.llmsurgeon.pipeline.evaluate.EvaluateRequest;
import org.llmsurgeon.pipeline.evaluate.EvaluationResult;
import org.llmsurgeon.surgery.catalog.CalibrationSettings;
import org.llmsurgeon.surgery.catalog.ObjectiveSettings;
import org.llmsurgeon.surgery.setting.Setting;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code surgeon evaluate}: the perplexity of a model on a text. */
@Command(
    name = "evaluate",
    customSynopsis = "surgeon evaluate --model DIR --test FILE... [--choices FILE...] [OPTIONS]",
    description = {
      "Perplexity of a model on a text, and its accuracy on questions with several answers.",
      "",
      "The text is joined with blank lines, tokenised once and cut into consecutive windows; the"
          + " perplexity is exp of the mean over windows of their mean next-token cross-entropy, or"
          + " of what else the model is to say: hidden tokens, or labels, whose accuracy and F1 are"
          + " told too. Numbers and vectors are measured by correlations.",
      ""
    },
    footer = {"", "Example: surgeon evaluate --model out/pruned --test test.txt --context 512"})
public final class EvaluateCommand implements Callable<Integer> {
  /** The settings that this command takes. */
  public static final List<Setting<?>> SETTINGS =
      Stream.concat(
              Stream.of(
                  RunSettings.MODEL,
                  RunSettings.TEST,
                  CalibrationSettings.CONTEXT,
                  CalibrationSettings.TEXT_COLUMN),
              ObjectiveSettings.ALL.all().stream())
          .toList();

  @Spec private CommandSpec spec;
  @Mixin private OutputOptions output;

  @Option(names = "--json", order = 99, description = "Print one JSON object instead of a table.")
  private boolean json;

  @Option(
      names = "--reference",
      paramLabel = "DIR",
      description =
          "The model before pruning, for an encoder that makes vectors: how far the similarities of"
              + " all pairs of texts agree with its own.")
  private String reference;

  @Option(
      names = "--choices",
      arity = "1..*",
      paramLabel = "FILE.jsonl",
      description =
          "Questions with several answers, one object on each line: as ARC, HellaSwag, PIQA and"
              + " WinoGrande publish them, asked as lm-evaluation-harness does, or a text"
              + " 'context', a list of texts 'choices', and 'answer', the position of the right one"
              + " from 0. The model answers with the choice of the highest log-likelihood after the"
              + " context; also counted with that divided by the choice's characters.")
  private List<String> choices = List.of();

  @Override
  public Integer call() {
    Settings settings = Settings.of(spec.commandLine().getParseResult());
    settings.require("evaluate", RunSettings.MODEL);
    List<String> test = settings.list(RunSettings.TEST);
    if (choices.isEmpty()) {
      settings.require("evaluate", RunSettings.TEST);
    }
    if (test.isEmpty()) {
      refuseOptionsOfTest(settings);
    }
    String model = settings.text(RunSettings.MODEL);
    EvaluationResult result;
    ChoiceResult answered;
    try (RunProgress progress = output.progress();
        SparkRuntime spark = SparkRuntime.start("surgeon evaluate", output.err(), "Interrupted.")) {
      SurgeonPipeline pipeline = new SurgeonPipeline(spark.context(), progress);
      pipeline.requireText(settings.ofText());
      result =
          test.isEmpty()
              ? null
              : pipeline.evaluate(new EvaluateRequest(model, reference, test, settings.recipe()));
      answered = choices.isEmpty() ? null : pipeline.choices(model, choices);
    }
    output.out().print(json ? json(result, answered) : tables(result, answered));
    output.out().flush();
    return Failures.DONE;
  }

  /** Questions say themselves what is asked. */
  private void refuseOptionsOfTest(Settings settings) {
    Stream.concat(
            reference == null ? Stream.empty() : Stream.of("--reference"),
            SETTINGS.stream()
                .filter(each -> each != RunSettings.MODEL && settings.asked(each))
                .map(Setting::spelled))
        .findFirst()
        .ifPresent(
            option -> {
              throw new InputException(
                  option + " is for --test, which is not given; give it, or leave the option out.");
            });
  }

  /** The perplexity as always; with questions, both under their names. */
  private static String json(EvaluationResult result, ChoiceResult answered) {
    Object all = result;
    if (answered != null) {
      Map<String, Object> both = new LinkedHashMap<>();
      both.put("text", result);
      both.put("choices", answered);
      all = both;
    }
    return Json.text(all) + System.lineSeparator();
  }

  static String tables(EvaluationResult result, ChoiceResult answered) {
    StringBuilder tables = new StringBuilder();
    if (result != null) {
      tables.append(table(result));
    }
    if (answered != null) {
      tables
          .append(result == null ? "" : System.lineSeparator())
          .append(
              new TextTable("questions", "accuracy", "length-normalised")
                  .row(
                      Format.count(answered.questions()),
                      Format.percent(answered.accuracy()),
                      Format.percent(answered.normalisedAccuracy())));
    }
    return tables.toString();
  }

  private static String table(EvaluationResult result) {
    List<String> heads = new ArrayList<>(List.of("perplexity"));
    List<String> cells = new ArrayList<>(List.of(Format.perplexity(result.perplexity())));
    result
        .scores()
        .forEach(
            (name, value) -> {
              heads.add(name);
              cells.add(Format.score(value));
            });
    heads.addAll(List.of("tokens", "windows", "context"));
    cells.add(Format.count(result.tokens()));
    cells.add(Format.count(result.windows()));
    cells.add(Format.count(result.context()));
    return new TextTable(heads.toArray(String[]::new)).row(cells.toArray(String[]::new)).toString();
  }
}
