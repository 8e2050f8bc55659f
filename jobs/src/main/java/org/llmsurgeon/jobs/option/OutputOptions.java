package org.llmsurgeon.jobs.option;

import java.io.PrintWriter;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import org.llmsurgeon.jobs.terminal.BarProgress;
import org.llmsurgeon.jobs.terminal.LineProgress;
import org.llmsurgeon.jobs.terminal.QuietProgress;
import org.llmsurgeon.jobs.terminal.RunProgress;
import org.llmsurgeon.jobs.terminal.TextTable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * How much a command says. Results go to standard output. Progress is drawn on the terminal where
 * standard output is one (the launcher says so by the system property {@value TextTable#COLUMNS},
 * its width) and written as plain lines to standard error otherwise.
 */
public final class OutputOptions {
  private static final int NARROWEST_TERMINAL = 40;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = {"-q", "--quiet"},
      order = 100,
      description = "Print the result only.")
  private boolean quiet;

  @Option(
      names = {"-v", "--verbose"},
      order = 101,
      description = "Log what happens inside as well; plain lines, no bars.")
  private boolean verbose;

  @Option(
      names = {"-h", "--help"},
      order = 102,
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  /** Where results go. */
  public PrintWriter out() {
    return command.commandLine().getOut();
  }

  /** Where everything else goes. */
  public PrintWriter err() {
    return command.commandLine().getErr();
  }

  /** Whether only the result is wanted. */
  public boolean quiet() {
    return quiet;
  }

  /** Whether what happens inside is wanted as well. */
  public boolean verbose() {
    return verbose;
  }

  /**
   * Progress as the options and the terminal ask for; the caller closes it before it prints the
   * result.
   *
   * @throws ParameterException if the options contradict each other
   */
  public RunProgress progress() {
    if (quiet && verbose) {
      throw new ParameterException(
          command.commandLine(), "--quiet and --verbose exclude each other");
    }
    if (verbose) {
      Configurator.setLevel("org.llmsurgeon", Level.DEBUG);
    }
    RunProgress progress = quiet ? new QuietProgress() : shown();
    // Whoever asks for progress starts Spark next, which takes a while.
    progress.starting("starting Spark");
    return progress;
  }

  private RunProgress shown() {
    int columns = Integer.getInteger(TextTable.COLUMNS, 0);
    return columns >= NARROWEST_TERMINAL && !verbose
        ? new BarProgress(out(), columns, System::nanoTime)
        : new LineProgress(err(), System::nanoTime);
  }
}
