package org.llmsurgeon.jobs;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.SparkUserAppException;
import org.llmsurgeon.jobs.command.BenchCommand;
import org.llmsurgeon.jobs.command.CleanCommand;
import org.llmsurgeon.jobs.command.CompareCommand;
import org.llmsurgeon.jobs.command.CompletionCommand;
import org.llmsurgeon.jobs.command.EvaluateCommand;
import org.llmsurgeon.jobs.command.FactorsCommand;
import org.llmsurgeon.jobs.command.GenerateCommand;
import org.llmsurgeon.jobs.command.InspectCommand;
import org.llmsurgeon.jobs.command.ModelExportCommand;
import org.llmsurgeon.jobs.command.PlanCommand;
import org.llmsurgeon.jobs.command.PruneCommand;
import org.llmsurgeon.jobs.command.RecipesCommand;
import org.llmsurgeon.jobs.command.ReportCommand;
import org.llmsurgeon.jobs.command.ScoresCommand;
import org.llmsurgeon.jobs.command.VerifyCommand;
import org.llmsurgeon.jobs.demo.DemoCommand;
import org.llmsurgeon.jobs.option.NarrowHelp;
import org.llmsurgeon.jobs.option.OptionGroups;
import org.llmsurgeon.jobs.option.PlacementOption;
import org.llmsurgeon.jobs.option.RunSettings;
import org.llmsurgeon.jobs.option.SettingOption;
import org.llmsurgeon.jobs.option.Settings;
import org.llmsurgeon.jobs.runtime.Failures;
import org.llmsurgeon.jobs.runtime.LogSettings;
import org.llmsurgeon.jobs.terminal.TextTable;
import org.llmsurgeon.surgery.setting.Setting;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The command line. Exit codes: 0 done, or done before; 1 the run failed although its input was
 * good; 2 something that the user gave cannot be used.
 */
@Command(
    name = "surgeon",
    description = {
      "Prunes pretrained language models by curvature, on Apache Spark.",
      "",
      "Without --master Spark runs inside this process on all cores. Launcher options, before or"
          + " after the command: --master URL, --dry-run; after --: options for Spark.",
      ""
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Surgeon.Version.class,
    footer = {
      "",
      "Exit codes: 0 done, or done before; 1 the run failed; 2 something given cannot be used."
    })
public final class Surgeon implements Callable<Integer> {
  private static final int HELP_WIDTH = 100;

  /** Picocli's own limit. */
  private static final int NARROWEST_HELP = 55;

  /** What help is written for at least. */
  private static final int NARROWEST_TERMINAL = 30;

  /** What each command writes where --output says. */
  private static final Map<String, String> OUTPUTS =
      Map.of(
          "prune", "Folder of the pruned model, its report and its page; made if missing.",
          "compare", "Folder of the tables, their page and the finished runs; made if missing.",
          "factors", "A .safetensors file that does not exist yet.",
          "scores", "A .safetensors file that does not exist yet.");

  @Spec private CommandSpec spec;

  private Surgeon() {}

  /**
   * Runs a command and ends the process with its exit code.
   *
   * <p>In a driver that YARN has started the code is handed to Spark's application master, which
   * holds a process that ends by itself to be one that failed.
   *
   * @param arguments command and options
   * @throws SparkUserAppException on YARN, where the code is not 0
   */
  public static void main(String[] arguments) throws SparkUserAppException {
    LogSettings.apply();
    int code = run(arguments);
    if (System.getProperty("spark.yarn.app.id") == null) {
      System.exit(code);
    }
    if (code != 0) {
      throw new SparkUserAppException(code, null);
    }
  }

  /**
   * Runs a command; prints to the standard streams.
   *
   * @param arguments command and options
   * @return the exit code
   */
  public static int run(String... arguments) {
    return run(
        new PrintWriter(System.out, true, StandardCharsets.UTF_8),
        new PrintWriter(System.err, true, StandardCharsets.UTF_8),
        arguments);
  }

  /**
   * Runs a command.
   *
   * @param out where results go
   * @param err where everything else goes
   * @param arguments command and options
   * @return the exit code
   */
  public static int run(PrintWriter out, PrintWriter err, String... arguments) {
    try {
      return commandLine().setOut(out).setErr(err).execute(arguments);
    } catch (OutOfMemoryError | LinkageError broken) {
      return Failures.report(broken, err);
    }
  }

  /** No command was named. */
  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(), "Name a command: " + String.join(", ", spec.subcommands().keySet()));
  }

  /** The whole command line, ready to parse. */
  public static CommandLine commandLine() {
    CommandLine surgeon = new CommandLine(new Surgeon());
    add(surgeon, new DemoCommand(), List.of(), false);
    add(surgeon, new PruneCommand(), PruneCommand.SETTINGS, true);
    add(surgeon, new EvaluateCommand(), EvaluateCommand.SETTINGS, false);
    add(surgeon, new ModelExportCommand(), List.of(), false);
    add(surgeon, new VerifyCommand(), List.of(), false);
    add(surgeon, new GenerateCommand(), List.of(), false);
    add(surgeon, new FactorsCommand(), FactorsCommand.SETTINGS, true);
    add(surgeon, new ScoresCommand(), ScoresCommand.SETTINGS, true);
    add(surgeon, new CompareCommand(), CompareCommand.SETTINGS, false);
    add(surgeon, new InspectCommand(), InspectCommand.SETTINGS, false);
    add(surgeon, new PlanCommand(), PlanCommand.SETTINGS, true);
    add(surgeon, new BenchCommand(), List.of(), false);
    add(surgeon, new ReportCommand(), List.of(), false);
    add(surgeon, new RecipesCommand(), List.of(), false);
    add(surgeon, new CleanCommand(), List.of(), false);
    add(surgeon, new CompletionCommand(), List.of(), false);
    surgeon.addSubcommand(new HelpCommand());
    int columns = Integer.getInteger(TextTable.COLUMNS, HELP_WIDTH);
    int width = Math.min(HELP_WIDTH, Math.max(NARROWEST_TERMINAL, columns));
    surgeon.setUsageHelpWidth(Math.max(NARROWEST_HELP, width));
    surgeon.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, OptionGroups::render);
    if (width < NARROWEST_HELP) {
      NarrowHelp.use(surgeon, width);
    }
    NarrowHelp.wrapUsage(surgeon, width);
    surgeon
        .getSubcommands()
        .values()
        .forEach(each -> each.setHelpSectionMap(surgeon.getHelpSectionMap()));
    // The last one wins, as everywhere; Picocli would say so on standard error.
    CommandLine.tracer().setLevel(CommandLine.TraceLevel.OFF);
    surgeon.setOverwrittenOptionsAllowed(true);
    surgeon.setUnmatchedOptionsAllowedAsOptionParameters(false);
    surgeon.setExecutionStrategy(PlacementOption::execute);
    surgeon.setParameterExceptionHandler(Failures::usage);
    surgeon.setExecutionExceptionHandler(Failures::execution);
    return surgeon;
  }

  /** Adds a command with its settings as options, in their order. */
  private static void add(
      CommandLine surgeon, Callable<Integer> command, List<Setting<?>> settings, boolean recipe) {
    CommandSpec spec = CommandSpec.forAnnotatedObject(command);
    spec.usageMessage().sortOptions(false);
    settings.forEach(setting -> spec.addOption(option(spec.name(), setting)));
    if (settings.contains(RunSettings.CALIBRATION)) {
      for (PlacementOption each : PlacementOption.values()) {
        spec.addOption(each.spec());
      }
    }
    if (recipe) {
      spec.addOption(Settings.recipeOption());
    }
    surgeon.addSubcommand(new CommandLine(spec));
  }

  private static OptionSpec option(String command, Setting<?> setting) {
    OptionSpec option = SettingOption.of(setting);
    return setting == RunSettings.OUTPUT && OUTPUTS.containsKey(command)
        ? OptionSpec.builder(option).description(OUTPUTS.get(command)).build()
        : option;
  }

  /** The version line: this program's, Spark's and Java's. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String own = Surgeon.class.getPackage().getImplementationVersion();
      return new String[] {
        "surgeon "
            + (own == null ? "(not packaged)" : own)
            + ", Spark "
            + org.apache.spark.package$.MODULE$.SPARK_VERSION()
            + ", Java "
            + Runtime.version()
      };
    }
  }
}
