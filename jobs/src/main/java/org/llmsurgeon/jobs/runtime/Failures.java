package org.llmsurgeon.jobs.runtime;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Reason;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.curvature.NotPositiveDefiniteException;
import org.llmsurgeon.jobs.option.Spelling;
import org.llmsurgeon.jobs.terminal.Format;
import org.llmsurgeon.pipeline.cluster.RunFailedException;
import org.llmsurgeon.pipeline.files.FullDisk;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** What went wrong, as one sentence on standard error and an exit code. */
public final class Failures {
  /** Done, or done before. */
  public static final int DONE = 0;

  /** The run could not go on although the input was good. */
  static final int FAILED = 1;

  /** Something that the user gave cannot be used. */
  static final int BAD_INPUT = 2;

  private static final Pattern QUOTED = Pattern.compile("'([^']*)'");

  private Failures() {}

  /** A command line that cannot be understood. */
  public static int usage(ParameterException problem, String[] arguments) {
    CommandSpec command = problem.getCommandLine().getCommandSpec();
    String help = command.parent() == null ? "surgeon help" : "surgeon help " + command.name();
    String sentence =
        problem instanceof UnmatchedArgumentException unmatched
            ? unmatched(unmatched)
            : problem.getMessage();
    say(
        problem.getCommandLine().getErr(),
        command.qualifiedName() + ": " + oneLine(sentence) + " See '" + help + "'.");
    return BAD_INPUT;
  }

  private static String unmatched(UnmatchedArgumentException problem) {
    // After an option that takes several values the word stands in the message only.
    List<String> words = problem.getUnmatched();
    Matcher quoted = QUOTED.matcher(problem.getMessage());
    if (words.isEmpty() && !quoted.find()) {
      return problem.getMessage() + ".";
    }
    String word = words.isEmpty() ? quoted.group(1) : words.get(0);
    CommandSpec command = problem.getCommandLine().getCommandSpec();
    List<String> known = new ArrayList<>(command.optionsMap().keySet());
    known.addAll(command.subcommands().keySet());
    String kind =
        word.startsWith("-") ? "option" : command.subcommands().isEmpty() ? "word" : "command";
    return "There is no "
        + kind
        + " '"
        + word
        + "'"
        + Spelling.nearest(word, known).map(name -> "; did you mean '" + name + "'?").orElse(".");
  }

  /** A command that threw. */
  public static int execution(Exception problem, CommandLine command, ParseResult parsed) {
    return report(problem, command.getErr());
  }

  /**
   * Says what went wrong.
   *
   * @param problem what a command threw
   * @param err standard error
   * @return the exit code
   */
  public static int report(Throwable problem, PrintWriter err) {
    if (SparkRuntime.interrupted()) {
      return FAILED;
    }
    Optional<String> full = FullDisk.sentence(problem);
    if (full.isPresent()) {
      say(err, "surgeon: " + oneLine(full.get()));
      LoggerFactory.getLogger(Failures.class).debug("Disk full", problem);
      return FAILED;
    }
    for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
      if (cause instanceof InputException) {
        say(err, "surgeon: " + oneLine(cause.getMessage()));
        LoggerFactory.getLogger(Failures.class).debug("Bad input", problem);
        return BAD_INPUT;
      }
      if (numbersOrClusterBroke(cause)) {
        say(err, "surgeon: " + oneLine(cause.getMessage()));
        LoggerFactory.getLogger(Failures.class).debug("Run failed", problem);
        return FAILED;
      }
    }
    if (problem instanceof OutOfMemoryError) {
      long heap = Runtime.getRuntime().maxMemory();
      say(
          err,
          "surgeon: The driver is out of memory ("
              + oneLine(problem.getMessage())
              + ") with a heap of "
              + Format.bytes(heap)
              + "; give more after --, as in '-- --driver-memory 8g'.");
      return FAILED;
    }
    LoggerFactory.getLogger(Failures.class).error("Unexpected error", problem);
    say(err, "surgeon: Unexpected error, logged above: " + oneLine(Reason.of(problem)));
    return FAILED;
  }

  private static boolean numbersOrClusterBroke(Throwable cause) {
    return cause instanceof RunFailedException
        || cause instanceof NonFiniteException
        || cause instanceof NotPositiveDefiniteException;
  }

  private static void say(PrintWriter err, String sentence) {
    err.println(sentence);
    err.flush();
  }

  private static String oneLine(String message) {
    String text = String.valueOf(message).replaceAll("\\s*\\R\\s*", " ").strip();
    return text.isEmpty() || ".?!".indexOf(text.charAt(text.length() - 1)) >= 0 ? text : text + ".";
  }
}
