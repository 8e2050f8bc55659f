package org.llmsurgeon.jobs.command;

import java.util.List;
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
import org.llmsurgeon.pipeline.forecast.MachineRates;
import org.llmsurgeon.pipeline.forecast.ResourcePlan;
import org.llmsurgeon.pipeline.forecast.ResourcePlanner;
import org.llmsurgeon.pipeline.forecast.StagePlan;
import org.llmsurgeon.pipeline.forecast.size.Machines;
import org.llmsurgeon.pipeline.forecast.size.PlannedModel;
import org.llmsurgeon.pipeline.forecast.size.Workload;
import org.llmsurgeon.surgery.calibrate.Shard;
import org.llmsurgeon.surgery.catalog.RecipeSettings;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.recipe.TargetShare;
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
      description = "Cores of each process. Default: those of this machine.")
  private int cores = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      description =
          "Memory of each process, heap and overhead together, as 64g; factors whose sums need more"
              + " than half of it go in groups. Default: 16g.")
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

  @Option(names = "--json", order = 99, description = "Print one JSON object instead of tables.")
  private boolean json;

  @Override
  public Integer call() {
    Settings settings = Settings.of(spec.commandLine().getParseResult());
    settings.require("plan", RunSettings.MODEL);
    Workload work = workload(settings.text(RunSettings.MODEL), settings.recipe());
    ResourcePlan plan = ResourcePlanner.plan(work, machines());
    output.out().print(json ? Json.text(plan) + System.lineSeparator() : tables(plan));
    if (plan.executorBytes() > memoryBytes()) {
      String needed = Format.bytes(plan.executorBytes());
      output.err().println("An executor needs " + needed + ", more than --memory " + memory + ".");
    }
    output.out().flush();
    return Failures.DONE;
  }

  private Workload workload(String path, Recipe recipe) {
    PlannedModel model = PlannedModel.read(path);
    if (testWindows < 0) {
      throw new InputException("--test-windows is " + testWindows + "; give 0 or more.");
    }
    int windows = recipe.calibration().sequences();
    return new Workload(
        model.config(),
        model.weightBytes(),
        recipe,
        new TargetShare(model.config(), name -> model.weightBytes())
            .of(recipe.goal(), recipe.layers()),
        windows,
        recipe.calibration().contextFor(model.config().maxPositions()),
        testWindows,
        Shard.plan(windows, recipe.shards()).size());
  }

  private Machines machines() {
    return new Machines(executors, cores, memoryBytes(), rates());
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

  private static String tables(ResourcePlan plan) {
    TextTable stages =
        new TextTable(
            "stage",
            "times",
            "tasks",
            "gflop",
            "read",
            "written",
            "memory",
            "tensors",
            "each takes");
    for (StagePlan stage : plan.stages()) {
      stages.row(
          stage.name(),
          Format.count(stage.times()),
          Format.count(stage.tasks()),
          Format.number(stage.flops() / GIGA, 1),
          Format.bytes(stage.read()),
          Format.bytes(stage.written()),
          Format.bytes(stage.memory().process()),
          Format.bytes(stage.memory().tensors()),
          Format.seconds(stage.seconds()));
    }
    TextTable whole =
        new TextTable("whole run", "")
            .row("parameters", Format.count(plan.parameters()))
            .row("passes over the data in a shot", Format.count(plan.passes()))
            .row("memory of the driver", Format.bytes(plan.driverBytes()))
            .row("memory of an executor", Format.bytes(plan.executorBytes()))
            .row("disk of the run directory", Format.bytes(plan.diskBytes()))
            .row("time", Format.seconds(plan.seconds()));
    return stages + System.lineSeparator() + whole;
  }
}
