package org.llmsurgeon.jobs.command;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.spark.network.util.JavaUtils;
import org.llmsurgeon.InputException;
import org.llmsurgeon.jobs.option.OutputOptions;
import org.llmsurgeon.jobs.option.RunSettings;
import org.llmsurgeon.jobs.option.Settings;
import org.llmsurgeon.jobs.runtime.Failures;
import org.llmsurgeon.jobs.terminal.Format;
import org.llmsurgeon.jobs.terminal.Json;
import org.llmsurgeon.jobs.terminal.TextTable;
import org.llmsurgeon.pipeline.forecast.CardFile;
import org.llmsurgeon.pipeline.forecast.MachineRates;
import org.llmsurgeon.pipeline.forecast.Proposal;
import org.llmsurgeon.pipeline.forecast.ResourcePlan;
import org.llmsurgeon.pipeline.forecast.StagePlan;
import org.llmsurgeon.pipeline.forecast.size.Cards;
import org.llmsurgeon.pipeline.forecast.size.Machines;
import org.llmsurgeon.pipeline.forecast.size.PlannedModel;
import org.llmsurgeon.pipeline.forecast.size.Workload;
import org.llmsurgeon.pipeline.prune.RunPlanner;
import org.llmsurgeon.surgery.calibrate.Shard;
import org.llmsurgeon.surgery.catalog.RecipeSettings;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.setting.Setting;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code surgeon plan}: what a run will need, before it starts. */
@Command(
    name = "plan",
    customSynopsis = "surgeon plan --model DIR|CONFIG.json [OPTIONS]",
    description = {
      "Says what pruning a model will need, before anything runs.",
      "",
      "Operations, bytes, memory, disk and time of each stage, from the model's config.json alone;"
          + " weights are not needed. The speeds of one core and of the disk are measured here in a"
          + " few seconds, unless they are given. Nothing is shuffled in any stage.",
      "",
      "Proposes the settings of the run: executors, memory, shards, and how many tasks of each"
          + " stage an executor does at a time, which is fewer than it has cores where its memory"
          + " takes no more. Ends with exit code 2 and a remedy where prune would refuse, or no"
          + " task fits.",
      "",
      "With --card the stages that run on cards are planned for them: by the maker's data sheet,"
          + " which is an estimate, or by what bench has measured.",
      ""
    },
    footer = {
      "",
      "Example: surgeon plan --model llama-7b/config.json --sequences 128 --executors 8 --cores 4"
          + " --memory 64g"
    })
public final class PlanCommand implements Callable<Integer> {
  /** The settings that this command takes. */
  public static final List<Setting<?>> SETTINGS =
      Stream.concat(Stream.of(RunSettings.MODEL), RecipeSettings.ALL.stream()).toList();

  private static final double GIGA = 1e9;
  private static final double MEGA = 1e6;

  @Spec private CommandSpec spec;
  @Mixin private OutputOptions output;

  @Option(names = "--test-windows", paramLabel = "N", description = "Test windows. Default: 0.")
  private int testWindows;

  @Option(names = "--executors", paramLabel = "N", description = "Processes. Default: 1.")
  private int executors = 1;

  @Option(
      names = "--cores",
      paramLabel = "N",
      description = {
        "Cores of each process. Default: those of this machine, and at least one for each card."
      })
  private Integer cores;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      description = "Memory of each process, heap and overhead together, as 64g. Default: 16g.")
  private String memory = "16g";

  @Option(
      names = "--gflops",
      paramLabel = "X",
      description = "10^9 operations per second of one core in matrix products. Default: measured.")
  private Double gflops;

  @Option(
      names = "--gflops-double",
      paramLabel = "X",
      description = "The same in inverses, in double precision. Default: measured.")
  private Double gflopsDouble;

  @Option(
      names = "--disk",
      paramLabel = "X",
      description = "10^6 bytes per second that a task reads or writes. Default: measured.")
  private Double disk;

  @Option(
      names = "--card",
      paramLabel = "NAME|FILE",
      description = {
        "The card that does accumulate, draw, cut and corrections: a100-40gb, a100-80gb, h100,"
            + " h200, l4, l40s or rtx-4090, or the file that bench --device cuda --json wrote."
            + " Default: none."
      })
  private String card;

  @Option(
      names = "--cards",
      paramLabel = "N",
      description = "Cards of each process; each does one task at a time. Default: 1.")
  private Integer cards;

  @Option(names = "--json", order = 99, description = "Print one JSON object instead of tables.")
  private boolean json;

  @Override
  public Integer call() {
    Settings settings = Settings.of(spec.commandLine().getParseResult());
    settings.require("plan", RunSettings.MODEL);
    Recipe recipe = settings.recipe();
    Workload work = workload(settings.text(RunSettings.MODEL), recipe);
    Machines machines = machines();
    Proposal.Planned planned =
        recipe.shards() > 0 || work.windows() == 0
            ? Proposal.asAsked(work, machines)
            : Proposal.of(work, machines);
    output.out().print(json ? Json.text(planned) + System.lineSeparator() : tables(planned));
    output.out().flush();
    planned
        .plan()
        .shortestOnCard(machines.cards().any() ? machines.cards().kind().memory() : Long.MAX_VALUE)
        .ifPresent(
            stage ->
                refuseOnCard(
                    stage,
                    machines.cards().kind(),
                    Proposal.card(work.withShards(planned.proposal().shards()), machines)));
    planned
        .plan()
        .shortest(machines.memory())
        .ifPresent(
            stage ->
                refuse(
                    stage,
                    Proposal.enough(work.withShards(planned.proposal().shards()), machines)));
    return Failures.DONE;
  }

  private void refuse(StagePlan stage, long enough) {
    throw new InputException(
        "One task of the stage "
            + stage.name()
            + " needs "
            + Format.bytes(stage.memory().least())
            + ", and an executor has "
            + memory
            + "; give it more, as --memory "
            + (enough >> 30)
            + "g.");
  }

  private static void refuseOnCard(StagePlan stage, Cards.Kind kind, Optional<String> other) {
    String larger =
        other
            .map(name -> "give a larger one, as --card " + name)
            .orElse("no card of the table has enough");
    throw new InputException(
        "A task of the stage "
            + stage.name()
            + " needs "
            + Format.bytes(stage.memory().card())
            + " of its card, and "
            + kind.name()
            + " has "
            + Format.bytes(kind.memory())
            + "; "
            + larger
            + ", or leave out --card: processors do it too.");
  }

  private Workload workload(String path, Recipe recipe) {
    PlannedModel model = PlannedModel.read(path, recipe.objective());
    recipe.calibration().requireUseOf(model.config());
    if (testWindows < 0) {
      throw new InputException("--test-windows is " + testWindows + "; give 0 or more.");
    }
    RunPlanner planner = new RunPlanner(model.config(), name -> model.weightBytes(), recipe);
    planner.requirePossible();
    int windows = recipe.needsData() ? recipe.calibration().sequences() : 0;
    return new Workload(
        model.config(),
        model.weightBytes(),
        recipe,
        planner.share(),
        windows,
        recipe.calibration().contextWithin(model.config().maxPositions()),
        testWindows,
        windows == 0 ? 0 : Shard.plan(windows, recipe.shards()).size());
  }

  private Machines machines() {
    Cards owned = owned();
    int here = Math.max(Runtime.getRuntime().availableProcessors(), owned.each());
    return new Machines(executors, cores == null ? here : cores, memoryBytes(), rates(), owned);
  }

  private Cards owned() {
    if (card == null && cards != null) {
      throw new InputException("--cards is " + cards + ", but no --card says which; give it too.");
    }
    if (cards != null && cards < 1) {
      throw new InputException("--cards is " + cards + "; give 1 or more, or leave it out.");
    }
    return card == null ? Cards.NONE : new Cards(cards == null ? 1 : cards, CardFile.of(card));
  }

  private long memoryBytes() {
    try {
      return JavaUtils.byteStringAsBytes(memory);
    } catch (NumberFormatException wrong) {
      throw new InputException("--memory is '" + memory + "'; give a size as 64g.", wrong);
    }
  }

  private Machines.Rates rates() {
    if (gflops != null && gflopsDouble != null && disk != null) {
      return new Machines.Rates(gflops * GIGA, gflopsDouble * GIGA, disk * MEGA);
    }
    Machines.Rates measured = MachineRates.measure();
    return new Machines.Rates(
        gflops == null ? measured.single() : gflops * GIGA,
        gflopsDouble == null ? measured.inverse() : gflopsDouble * GIGA,
        disk == null ? measured.disk() : disk * MEGA);
  }

  private static String tables(Proposal.Planned planned) {
    ResourcePlan plan = planned.plan();
    TextTable stages =
        new TextTable(
            "stage",
            "times",
            "tasks",
            "at once",
            "gflop",
            "read",
            "written",
            "memory",
            "tensors",
            "kept",
            "card",
            "each takes");
    for (StagePlan stage : plan.stages()) {
      stages.row(
          stage.name(),
          Format.count(stage.times()),
          Format.count(stage.tasks()),
          Format.count(stage.atOnce()),
          Format.number(stage.work().flops() / GIGA, 1),
          Format.bytes(stage.work().read()),
          Format.bytes(stage.work().written()),
          Format.bytes(stage.memory().process()),
          Format.bytes(stage.memory().tensors()),
          Format.bytes(stage.memory().pooled()),
          stage.memory().card() == 0 ? "" : Format.bytes(stage.memory().card()),
          Format.seconds(stage.seconds()));
    }
    TextTable whole =
        new TextTable("whole run", "")
            .row("parameters", Format.count(plan.parameters()))
            .row("passes over the data in a shot", Format.count(plan.passes()))
            .row("memory of the driver", Format.bytes(plan.driverBytes()))
            .row("memory of an executor", executorMemory(plan))
            .row("disk of the run directory", Format.bytes(plan.diskBytes()))
            .row("time", Format.seconds(plan.seconds()));
    return stages
        + System.lineSeparator()
        + whole
        + System.lineSeparator()
        + settings(planned.proposal());
  }

  /** Who has less memory than the first number need not be afraid. */
  private static String executorMemory(ResourcePlan plan) {
    String all = Format.bytes(plan.executorBytes());
    String unmapped = Format.bytes(plan.unmappedBytes());
    return all.equals(unmapped)
        ? all
        : all
            + ", of which "
            + unmapped
            + " must be there; the rest is pages of mapped weights, which the system takes back";
  }

  private static TextTable cards(TextTable table, Cards cards) {
    if (cards.any()) {
      table
          .row("spark.executor.resource.gpu.amount", Format.count(cards.each()))
          .row("--gpu", "required")
          .row("card", cards.kind().name())
          .row("its memory", Format.bytes(cards.kind().memory()))
          .row("its speed", cards.kind().basis());
    }
    return table;
  }

  private static String settings(Proposal proposal) {
    TextTable table =
        new TextTable("proposed settings", "")
            .row("spark.executor.instances", Format.count(proposal.executors()))
            .row("spark.executor.cores", Format.count(proposal.cores()))
            .row("spark.task.cpus", "1, and more by itself where memory takes fewer tasks")
            .row("spark.executor.memory", mebi(proposal.heap()))
            .row("spark.executor.memoryOverhead", mebi(proposal.overhead()))
            .row("--shards", Format.count(proposal.shards()));
    return cards(table, proposal.cards()).toString();
  }

  private static String mebi(long bytes) {
    return (bytes >> 20) + "m";
  }
}
