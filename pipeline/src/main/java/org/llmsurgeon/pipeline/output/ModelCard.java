package org.llmsurgeon.pipeline.output;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.llmsurgeon.export.Footprint;
import org.llmsurgeon.export.gguf.GgufExport;
import org.llmsurgeon.pipeline.report.ExportReport;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.report.ShotReport;
import org.llmsurgeon.pipeline.run.HashedFile;

/**
 * The {@code README.md} of a pruned model: what it is, how good it is and how to load it. Says
 * nothing that another run of the same recipe would say otherwise.
 */
final class ModelCard {
  /** Its name. */
  static final String FILE = "README.md";

  /** Most names of files of data: a folder of images has very many. */
  private static final int SHOWN = 8;

  private final PruningReport report;
  private final StringBuilder text = new StringBuilder();

  private ModelCard(PruningReport report) {
    this.report = report;
  }

  /**
   * The card of a finished model.
   *
   * @param report what was done
   */
  static String of(PruningReport report) {
    return new ModelCard(report).write();
  }

  private String write() {
    ShotReport last = report.shots().get(report.shots().size() - 1);
    String base = name(report.setup().inputs().model().path());
    line("---");
    line("tags: [pruning, llm-surgeon]");
    line("---");
    line("");
    line("# " + base + ", pruned by " + percent(last.removal().sparsity()));
    line("");
    line(
        "Made from `%s` by LLM Surgeon on Spark: structured pruning by curvature of the loss"
            .formatted(base));
    line("([arXiv 2312.17244](https://arxiv.org/abs/2312.17244)).");
    line("");
    line("| | before | after |");
    line("|---|---|---|");
    if (report.quality().densePerplexity() != null && last.loss().perplexity() != null) {
      row(
          "perplexity on the test data",
          two(report.quality().densePerplexity()),
          two(last.loss().perplexity()));
    }
    report.quality().scores().forEach(this::score);
    sizes(report.export().before(), report.export().after());
    line("");
    loading(report.export());
    line("## How it was made");
    line("");
    line("- weights of linear layers that are gone: " + percent(last.removal().sparsity()));
    line(
        "- calibration: "
            + texts(report.setup().inputs().calibration(), report.setup().calibration()));
    line("- test: " + texts(report.setup().inputs().test(), report.setup().test()));
    line("- recipe: " + recipe());
    line("");
    line("Everything else that happened is in `pruning_report.json`.");
    line("");
    line("## Limits");
    line("");
    line("Pruned on the calibration data above and measured on the test data above; on other data");
    line(
        "it may have lost more. It inherits licence, biases and risks of the model it was made"
            + " of.");
    return text.toString();
  }

  private void score(PruningReport.Score score) {
    row(
        score.metric() + " on the test data",
        score.dense() == null ? "" : two(score.dense()),
        score.pruned() == null ? "" : two(score.pruned()));
  }

  private void sizes(Footprint before, Footprint after) {
    row("parameters", count(before.parameters()), count(after.parameters()));
    row("bytes of weights", count(before.bytes()), count(after.bytes()));
    row("multiply-adds per token", count(before.multiplyAdds()), count(after.multiplyAdds()));
  }

  private void loading(ExportReport export) {
    String programs = String.join(", ", export.form().loadsIn());
    String trust = programs.contains("trust_remote_code") ? ", trust_remote_code=True" : "";
    line("## How to load it");
    line("");
    line("Form: " + export.form().route() + ". Loads in " + programs + ".");
    line("");
    line("```python");
    boolean images = export.form().loader().endsWith("ForImageClassification");
    String reader = images ? "AutoImageProcessor" : "AutoTokenizer";
    line("from transformers import " + export.form().loader() + ", " + reader);
    line("model = " + export.form().loader() + ".from_pretrained(\"FOLDER\"" + trust + ")");
    line((images ? "processor" : "tokenizer") + " = " + reader + ".from_pretrained(\"FOLDER\")");
    line("```");
    line("");
    if (programs.contains("vLLM")) {
      String backend = programs.contains("model_impl") ? ", model_impl=\"transformers\"" : "";
      line("```python");
      line("from vllm import LLM, SamplingParams");
      line("model = LLM(\"FOLDER\"" + trust + backend + ")");
      line("print(model.generate([\"Once upon a time\"], SamplingParams(max_tokens=32)))");
      line("```");
      line("");
    }
    if (export.form().loadsIn().contains(GgufExport.LOADS_IN)) {
      line("```");
      line("jobs/surgeon export --model FOLDER --gguf model.gguf");
      line("llama-completion -m model.gguf -p \"Once upon a time\" -n 32 -no-cnv");
      line("```");
      line("");
    }
  }

  private static String texts(List<HashedFile> files, PruningReport.Tokens tokens) {
    if (tokens == null) {
      return "none";
    }
    String names =
        files.stream()
            .limit(SHOWN)
            .map(each -> name(each.path()))
            .collect(Collectors.joining(", "));
    if (files.size() > SHOWN) {
      names += " and %d more".formatted(files.size() - SHOWN);
    }
    return "%s, %d windows of %d tokens".formatted(names, tokens.windows(), tokens.context());
  }

  private String recipe() {
    return report.setup().recipe().options().entrySet().stream()
        .filter(each -> each.getValue() != null)
        .map(ModelCard::option)
        .collect(Collectors.joining(", "));
  }

  private static String option(Map.Entry<String, Object> option) {
    return "`%s: %s`".formatted(option.getKey(), option.getValue());
  }

  private static String name(String path) {
    String plain = path.replaceAll("/+$", "");
    return plain.substring(plain.lastIndexOf('/') + 1);
  }

  private void row(String name, String before, String after) {
    line("| %s | %s | %s |".formatted(name, before, after));
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  private static String two(double number) {
    return String.format(Locale.ROOT, "%.3f", number);
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private void line(String line) {
    text.append(line).append('\n');
  }
}
