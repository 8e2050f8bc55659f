package org.llmsurgeon.jobs.demo;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.generation.Sampling;
import org.llmsurgeon.jobs.option.OutputOptions;
import org.llmsurgeon.jobs.runtime.SparkRuntime;
import org.llmsurgeon.jobs.terminal.ExportTable;
import org.llmsurgeon.jobs.terminal.Format;
import org.llmsurgeon.jobs.terminal.QuietProgress;
import org.llmsurgeon.jobs.terminal.RunProgress;
import org.llmsurgeon.jobs.terminal.TextTable;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.report.ShotReport;
import org.llmsurgeon.surgery.recipe.Recipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code surgeon demo}: prunes the model that this project ships to half its weights, by coupled
 * units and by rows and columns in ten shots, and by magnitude, and shows what each is left with.
 * Needs no network and no files.
 */
@Command(
    name = "demo",
    description = {
      "Prunes a small model that comes with the program to half its weights, and compares it with"
          + " the dense model and with pruning by magnitude.",
      "",
      "Takes about two minutes. What an earlier demo left in the folder is replaced."
    })
public final class DemoCommand implements Callable<Integer> {
  private static final int SHOTS = 10;
  private static final int SEQUENCES = 64;
  private static final double SPARSITY = 0.5;
  private static final int TOKENS = 40;
  private static final int WIDTH = 90;
  private static final String INDENT = "  ";

  /** The beginning of a story that is in none of the texts. */
  private static final String STORY =
      "It was a windy day at the harbour. The sailor Clara lived near the mill. She had a black"
          + " animal, the goat Rex. She kept three ropes in a green bucket. Her cousin, the painter"
          + " David, lived on the hill. He kept five shells in a yellow box. Clara";

  @Option(
      names = "--output",
      paramLabel = "DIR",
      defaultValue = "target/demo",
      description = "Folder for models, texts and reports (default: ${DEFAULT-VALUE}).")
  private Path folder;

  @Mixin private OutputOptions output;

  private final int shots;
  private final int sequences;

  /** The demo as it is shipped. */
  public DemoCommand() {
    this(SHOTS, SEQUENCES);
  }

  /**
   * A demo of another length.
   *
   * @param shots shots of the pruning by curvature
   * @param sequences calibration windows
   */
  DemoCommand(int shots, int sequences) {
    this.shots = shots;
    this.sequences = sequences;
  }

  /**
   * A way to prune.
   *
   * @param name for the table
   * @param folder where the model goes
   * @param recipe how
   */
  private record Way(String name, String folder, Recipe recipe) {}

  /**
   * A model that was pruned.
   *
   * @param way how
   * @param report what became of it
   */
  private record Pruned(Way way, PruningReport report) {}

  @Override
  public Integer call() {
    DemoFolder demo = new DemoFolder(folder);
    demo.prepare();
    List<Pruned> models = new ArrayList<>();
    Map<String, String> stories = Map.of();
    try (RunProgress progress = output.progress();
        SparkRuntime spark =
            SparkRuntime.start(
                "surgeon demo", output.err(), "Interrupted. The next demo begins anew.")) {
      SurgeonPipeline pipeline = new SurgeonPipeline(spark.context(), progress);
      for (Way way : ways()) {
        models.add(new Pruned(way, pipeline.prune(request(demo, way))));
      }
      if (!output.quiet()) {
        stories = stories(new SurgeonPipeline(spark.context(), new QuietProgress()), demo, models);
      }
    }
    PrintWriter out = output.out();
    out.print("\n" + table(models) + "\n");
    out.print(ExportTable.text(models.get(0).report().export()) + "\n");
    if (!output.quiet()) {
      tell(stories, out);
    }
    out.println("Dense model and its texts: " + folder);
    out.println(
        "Smaller model and " + PruningReport.FILE + ": " + folder.resolve(DemoFolder.UNITS));
    out.println("How to load it in Python:");
    out.println("  from transformers import AutoModelForCausalLM");
    out.println(
        "  model = AutoModelForCausalLM.from_pretrained(\"%s\", trust_remote_code=True)"
            .formatted(folder.resolve(DemoFolder.UNITS)));
    out.flush();
    return 0;
  }

  private List<Way> ways() {
    String inShots = ", " + Format.plural(shots, "shot");
    return List.of(
        new Way(
            "neurons, heads, groups" + inShots,
            DemoFolder.UNITS,
            byCurvature("units", "neuron,head,group")),
        new Way(
            "rows and columns" + inShots,
            DemoFolder.ROWS_AND_COLUMNS,
            byCurvature("row,column", null)),
        new Way("magnitude, rows and columns", DemoFolder.MAGNITUDE, byMagnitude()));
  }

  private Recipe byCurvature(String structures, String units) {
    Map<String, Object> options = new HashMap<>();
    options.put("structures", structures);
    options.put("units", units);
    options.put("sparsity", SPARSITY);
    options.put("shots", shots);
    options.put("curvature", "kfac");
    options.put("sequences", sequences);
    return Recipe.of(options);
  }

  /** No data, no update: the smallest rows and columns go. More shots would choose the same. */
  private static Recipe byMagnitude() {
    return Recipe.of(
        Map.of(
            "structures",
            "row,column",
            "sparsity",
            SPARSITY,
            "shots",
            1,
            "curvature",
            "identity",
            "diagonal",
            true,
            "sequences",
            1));
  }

  private static PruneRequest request(DemoFolder demo, Way way) {
    return new PruneRequest(
        demo.model().toString(),
        List.of(demo.path().resolve(DemoFiles.CALIBRATION).toString()),
        List.of(demo.path().resolve(DemoFiles.TEST).toString()),
        demo.path().resolve(way.folder()).toString(),
        null,
        false,
        way.recipe(),
        Route.AUTO);
  }

  private static String table(List<Pruned> models) {
    TextTable table = new TextTable("model", "weights left", "sparsity", "perplexity");
    PruningReport dense = models.get(0).report();
    long total = dense.shots().get(0).removal().total();
    table.row(
        "dense",
        Format.count(total),
        Format.percent(0),
        Format.perplexity(dense.quality().densePerplexity()));
    for (Pruned each : models) {
      List<ShotReport> shots = each.report().shots();
      long left = total - shots.get(shots.size() - 1).removal().removed();
      table.row(
          each.way().name(),
          Format.count(left),
          Format.percent(each.report().sparsity()),
          Format.perplexity(each.report().perplexity()));
    }
    return table.toString();
  }

  /** What each model makes of the same beginning, up to the end of the line. */
  private static Map<String, String> stories(
      SurgeonPipeline pipeline, DemoFolder demo, List<Pruned> models) {
    Map<String, Path> folders = new LinkedHashMap<>();
    folders.put("dense", demo.model());
    for (Pruned each : models) {
      folders.put(each.way().name(), demo.path().resolve(each.way().folder()));
    }
    Map<String, String> stories = new LinkedHashMap<>();
    folders.forEach(
        (name, model) -> {
          String told =
              pipeline.generate(model.toString(), STORY, TOKENS, Sampling.GREEDY, piece -> {});
          stories.put(name, told.lines().findFirst().orElse(""));
        });
    return stories;
  }

  private static void tell(Map<String, String> stories, PrintWriter out) {
    out.println("How they go on with a story that they have not seen:");
    out.print(wrapped(STORY + " ..."));
    stories.forEach((name, story) -> out.print("\n" + name + ":\n" + wrapped("..." + story)));
    out.println();
  }

  private static String wrapped(String text) {
    return Format.wrapped(text, WIDTH, INDENT);
  }
}
