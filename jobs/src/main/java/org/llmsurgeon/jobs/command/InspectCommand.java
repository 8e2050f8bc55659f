package org.llmsurgeon.jobs.command;

import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToIntFunction;
import org.llmsurgeon.jobs.option.OutputOptions;
import org.llmsurgeon.jobs.option.RunSettings;
import org.llmsurgeon.jobs.option.Settings;
import org.llmsurgeon.jobs.runtime.Failures;
import org.llmsurgeon.jobs.runtime.JavaModules;
import org.llmsurgeon.jobs.runtime.SparkRuntime;
import org.llmsurgeon.jobs.terminal.Format;
import org.llmsurgeon.jobs.terminal.Json;
import org.llmsurgeon.jobs.terminal.RunProgress;
import org.llmsurgeon.jobs.terminal.TextTable;
import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.model.config.ImageShape;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.analyse.Inspection;
import org.llmsurgeon.pipeline.analyse.ModelSummary;
import org.llmsurgeon.surgery.setting.Setting;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code surgeon inspect}: what a model folder holds and what of it can be pruned. */
@Command(
    name = "inspect",
    customSynopsis = "surgeon inspect --model DIR [OPTIONS]",
    description = {
      "Shows what a model folder holds and what can be pruned.",
      "",
      "Architecture, layers, shapes, parameters, number format, and how many rows and columns are"
          + " all zero already.",
      ""
    },
    footer = {"", "Example: surgeon inspect --model models/smollm2-135m"})
public final class InspectCommand implements Callable<Integer> {
  /** The settings that this command takes. */
  public static final List<Setting<?>> SETTINGS = List.of(RunSettings.MODEL);

  @Spec private CommandSpec spec;
  @Mixin private OutputOptions output;

  @Option(names = "--json", order = 99, description = "Print one JSON object instead of tables.")
  private boolean json;

  @Override
  public Integer call() {
    Settings settings = Settings.of(spec.commandLine().getParseResult());
    settings.require("inspect", RunSettings.MODEL);
    String model = settings.text(RunSettings.MODEL);
    JavaModules.require();
    ModelSummary summary = SparkRuntime.isAskedFor() ? onCluster(model) : Inspection.here(model);
    output.out().print(json ? Json.text(summary) + System.lineSeparator() : tables(summary));
    output.out().flush();
    return Failures.DONE;
  }

  private ModelSummary onCluster(String model) {
    try (RunProgress progress = output.progress();
        SparkRuntime spark = SparkRuntime.start("surgeon inspect", output.err(), "Interrupted.")) {
      return new SurgeonPipeline(spark.context(), progress).inspect(model);
    }
  }

  private static String tables(ModelSummary model) {
    String heads =
        model.shape().heads()
            + (model.shape().keyValueHeads() == model.shape().heads()
                ? ""
                : " (" + model.shape().keyValueHeads() + " for keys and values)")
            + " of width "
            + model.shape().headDimension();
    TextTable whole =
        new TextTable("model", "")
            .row("architecture", model.architecture())
            .row("number format", model.dtype())
            .row("blocks", Format.count(model.shape().blocks()))
            .row("hidden width", Format.count(model.shape().hidden()))
            .row("heads", range(model, BlockSize::queryHeads, heads))
            .row("neurons of a block", range(model, BlockSize::width, null))
            .row("experts of a block", range(model, block -> block.experts().size(), null))
            .row(reads(model)[0], reads(model)[1])
            .row("positions", Format.count(model.shape().maxPositions()))
            .row("head", head(model.head()))
            .row("parameters", Format.count(model.counts().parameters()))
            .row("can be pruned", Format.count(model.counts().prunable()))
            .row("gone already", Format.percent(model.counts().sparsity()))
            .row("curvature factors", Format.bytes(model.counts().factorBytes()));
    TextTable layers =
        new TextTable(
            "layer", "role", "rows", "columns", "bias", "zero rows", "zero columns", "zeros");
    for (ModelSummary.Layer layer : model.layers()) {
      layers.row(
          layer.name(),
          layer.role().toLowerCase(Locale.ROOT),
          Format.count(layer.rows()),
          Format.count(layer.columns()),
          layer.bias() ? "yes" : "no",
          Format.count(layer.zeroRows()),
          Format.count(layer.zeroColumns()),
          Format.count(layer.zeros()));
    }
    return whole + System.lineSeparator() + layers;
  }

  /** What a token is, and of how many kinds. */
  private static String[] reads(ModelSummary model) {
    ImageShape images = model.shape().images();
    return images == null
        ? new String[] {"vocabulary", Format.count(model.shape().vocabulary())}
        : new String[] {
          "images",
          "%d x %1$d pixels, squares of %d x %2$d".formatted(images.size(), images.patch())
        };
  }

  private static String head(ModelSummary.Head head) {
    return head.tensor()
        + switch (head.kind()) {
          case TIED -> ", the embedding (tied)";
          case EQUAL -> ", equal to the embedding and counted once";
          case DIFFERENT ->
              ", %s parameters of its own, although config.json ties it to the embedding"
                  .formatted(Format.count(head.parameters()));
          case OWN -> ", %s parameters".formatted(Format.count(head.parameters()));
        };
  }

  /** A size where all blocks have it (or what else to say of it), else from where to where. */
  private static String range(ModelSummary model, ToIntFunction<BlockSize> size, String same) {
    IntSummaryStatistics all = model.sizes().stream().mapToInt(size).summaryStatistics();
    if (all.getMin() < all.getMax()) {
      return "%d to %d, by block".formatted(all.getMin(), all.getMax());
    }
    return same == null ? Format.count(all.getMax()) : same;
  }
}
