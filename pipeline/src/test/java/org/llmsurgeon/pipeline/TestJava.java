package org.llmsurgeon.pipeline;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Java in processes of their own, as tests start them. Nearly all of the time of one that runs for
 * seconds goes to the compiler that is meant for hours, so these have only the quick one.
 */
public final class TestJava {
  /** The quick compiler, and a collector without threads of its own. */
  public static final List<String> SHORT_LIVED =
      List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  private TestJava() {}

  /** The program of this process with the options above, to which others may be added. */
  public static List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(SHORT_LIVED);
    return command;
  }

  /** The same with the options that open packages, as this process has them. */
  public static List<String> commandWithModules() {
    List<String> command = command();
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("--") || option.startsWith("-XX:+Ignore"))
        .forEach(command::add);
    return command;
  }
}
