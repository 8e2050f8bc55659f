package org.llmsurgeon.jobs.terminal;

import java.util.function.Function;
import org.llmsurgeon.pipeline.forecast.ResourceUse;

/** What a run was expected to need beside what it needed, as a table. */
public final class ResourceTable {
  private static final String UNKNOWN = "unknown";

  private ResourceTable() {}

  /**
   * A row for each stage, and below them the run directory.
   *
   * @param use of a finished run
   * @return lines of text, each ended by {@code \n}
   */
  public static String text(ResourceUse use) {
    TextTable table =
        new TextTable(
            "planned / needed",
            "times",
            "seconds",
            "read",
            "written",
            "tensors of a process",
            "all of it");
    for (ResourceUse.Stage stage : use.stages()) {
      ResourceUse.Amount planned = stage.planned();
      ResourceUse.Amount actual = stage.actual();
      table.row(
          stage.name(),
          both(Format.count(planned.times()), Format.count(actual.times())),
          both(Format.number(planned.seconds(), 1), Format.number(actual.seconds(), 1)),
          both(Format.bytes(planned.read()), Format.bytes(actual.read())),
          both(Format.bytes(planned.written()), Format.bytes(actual.written())),
          both(Format.bytes(planned.device()), Format.bytes(actual.device())),
          both(bytes(planned.memory()), bytes(actual.memory())));
    }
    ResourceUse.Need planned = use.planned();
    ResourceUse.Need actual = use.actual();
    table.row(
        "whole run",
        "",
        both(Format.number(planned.seconds(), 1), Format.number(actual.seconds(), 1)),
        both(Format.bytes(planned.read()), Format.bytes(actual.read())),
        both(Format.bytes(planned.written()), Format.bytes(actual.written())),
        both(device(use, ResourceUse.Stage::planned), device(use, ResourceUse.Stage::actual)),
        "");
    return table
        + "a process, at most: "
        + both(bytes(planned.executorMemory()), bytes(actual.executorMemory()))
        + ", run directory: "
        + both(bytes(planned.disk()), bytes(actual.disk()))
        + ", driver: "
        + both(bytes(planned.driverMemory()), bytes(actual.driverMemory()))
        + "\n";
  }

  private static String device(
      ResourceUse use, Function<ResourceUse.Stage, ResourceUse.Amount> side) {
    return Format.bytes(
        use.stages().stream().mapToLong(stage -> side.apply(stage).device()).max().orElse(0));
  }

  private static String both(String planned, String actual) {
    return planned + " / " + actual;
  }

  private static String bytes(Long bytes) {
    return bytes == null ? UNKNOWN : Format.bytes(bytes);
  }
}
