package org.llmsurgeon.jobs.demo;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.llmsurgeon.compute.CpuDevice;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.jobs.Format;
import org.llmsurgeon.jobs.OutputOptions;
import org.llmsurgeon.jobs.RunProgress;
import org.llmsurgeon.jobs.SparkRuntime;
import org.llmsurgeon.jobs.TextTable;
import org.llmsurgeon.pipeline.PruneRequest;
import org.llmsurgeon.pipeline.PruningReport;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.surgery.Recipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code surgeon demo}: prunes the model that this project ships to half its weights, by curvature
 * in ten shots and by magnitude in one, and shows what either is left with. Needs no network and no
 * files.
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
  private static final int TOKENS = 60;
  private static final int WIDTH = 88;

  private static final int SHOTS = 10;
  private static final int SEQUENCES = 64;
  private static final double SPARSITY = 0.5;
  private static final String STRUCTURES = "row,column";

  /** The beginning of a story that is in none of the texts. */
  private static final String STORY =
      "It was a windy day at the harbour. The sailor Clara lived near the mill. She had a black"
          + " animal, the goat Rex. She kept three ropes in a green bucket. Her cousin, the painter"
          + " David, lived on the hill. He kept five shells in a yellow box. Clara";

  @Option(
      names = "--output",
      paramLabel = "DIR",
      defaultValue = "target/demo",
      description = "Folder for models, texts and report (default: ${DEFAULT-VALUE}).")
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

  /** What the demo did to a model. */
  private record Pruned(String method, Path model, PruningReport report) {}

  @Override
  public Integer call() {
    DemoFolder demo = new DemoFolder(folder);
    demo.prepare();
    List<Pruned> models;
    try (RunProgress progress = output.progress();
        SparkRuntime spark =
            SparkRuntime.start(
                "surgeon demo", output.err(), "Interrupted. The next demo begins anew.")) {
      SurgeonPipeline pipeline = new SurgeonPipeline(spark.context(), progress);
      models =
          List.of(
              new Pruned(
                  "LLM Surgeon, " + Format.plural(shots, "shot"),
                  demo.pruned(),
                  pipeline.prune(request(demo.pruned(), byCurvature()))),
              new Pruned(
                  "magnitude, 1 shot",
                  demo.magnitude(),
                  pipeline.prune(request(demo.magnitude(), byMagnitude()))));
    }
    PrintWriter out = output.out();
    out.print("\n" + table(models) + "\n");
    if (!output.quiet()) {
      stories(demo, models, out);
    }
    out.println("Dense model and its texts: " + folder);
    out.println("Pruned model and " + PruningReport.FILE + ": " + demo.pruned());
    out.flush();
    return 0;
  }

  private PruneRequest request(Path model, Recipe recipe) {
    return new PruneRequest(
        new DemoFolder(folder).model().toString(),
        List.of(folder.resolve(DemoFiles.CALIBRATION).toString()),
        List.of(folder.resolve(DemoFiles.TEST).toString()),
        model.toString(),
        null,
        false,
        recipe);
  }

  private Recipe byCurvature() {
    return Recipe.of(
        Map.of(
            "structures", STRUCTURES,
            "sparsity", SPARSITY,
            "shots", shots,
            "curvature", "kfac",
            "sequences", sequences));
  }

  /** No data, no update: the rows and columns with the smallest weights go. */
  private static Recipe byMagnitude() {
    return Recipe.of(
        Map.of(
            "structures",
            STRUCTURES,
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

  private static String table(List<Pruned> models) {
    TextTable table = new TextTable("model", "weights of linear layers", "sparsity", "perplexity");
    PruningReport dense = models.get(0).report();
    long total = dense.shots().get(0).total();
    table.row(
        "dense",
        Format.count(total),
        Format.percent(0),
        Format.perplexity(dense.densePerplexity()));
    for (Pruned each : models) {
      List<PruningReport.Shot> shots = each.report().shots();
      long left = total - shots.get(shots.size() - 1).removed();
      table.row(
          each.method(),
          Format.count(left),
          Format.percent(each.report().sparsity()),
          Format.perplexity(each.report().perplexity()));
    }
    return table.toString();
  }

  private static void stories(DemoFolder demo, List<Pruned> models, PrintWriter out) {
    out.println("How they go on with a story that they have not seen:");
    out.println(wrapped(STORY + " ..."));
    try (Device device = CpuDevice.create()) {
      tell("dense", demo.model(), device, out);
      models.forEach(each -> tell(each.method(), each.model(), device, out));
    }
    out.println();
  }

  private static void tell(String name, Path model, Device device, PrintWriter out) {
    try (Storyteller teller = new Storyteller(model, device)) {
      out.println("\n" + name + ":");
      out.println(wrapped("..." + teller.continuation(STORY, TOKENS)));
    }
  }

  /** A text in lines that fit a terminal, each set in by two spaces. */
  private static String wrapped(String text) {
    StringBuilder lines = new StringBuilder(" ");
    int column = 1;
    for (String word : text.strip().split("\\s+")) {
      if (column + 1 + word.length() > WIDTH) {
        lines.append("\n ");
        column = 1;
      }
      lines.append(' ').append(word);
      column += 1 + word.length();
    }
    return lines.toString();
  }
}
