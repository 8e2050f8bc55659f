package org.llmsurgeon.pipeline.cluster;

import java.util.regex.Pattern;
import org.llmsurgeon.Reason;

/**
 * A process that does tasks has less memory than they need: told in one sentence, with a remedy.
 */
final class LackOfMemory {
  /**
   * As Java, Spark, YARN and Kubernetes say it: 52 is how Spark ends an executor whose Java has no
   * more, 137 how systems end a process that takes what it may not.
   */
  private static final Pattern SAID =
      Pattern.compile(
          "OutOfMemoryError|OOMKilled|exceeding (physical |virtual )?memory limits"
              + "|\\bexit(ed with)?( exit)? (code|status):? ?(52|137)\\b",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern HEAP =
      Pattern.compile("Java heap space|GC overhead", Pattern.CASE_INSENSITIVE);

  private LackOfMemory() {}

  /** Whether a message tells of it. */
  static boolean says(String message) {
    return SAID.matcher(message).find();
  }

  /**
   * What to tell the user.
   *
   * @param said why, as Java or Spark says it
   * @param local whether tasks run in the driver's process, which no setting gives more
   */
  static String sentence(String said, boolean local) {
    boolean heap = HEAP.matcher(said).find();
    String more =
        local
            ? heap
                ? "-- --driver-memory 8g"
                : "--master 'local[1]', which does one task at a time, or take a larger machine"
            : heap ? "-- --executor-memory 4g" : "-- --conf spark.executor.memoryOverhead=16g";
    String fewer = local || heap ? "" : ", or fewer tasks at a time, as spark.executor.cores=1";
    return "a process is out of memory ("
        + Reason.plain(said)
        + "); give "
        + more
        + fewer
        + ": the command plan says what a stage needs, and what is finished is kept";
  }
}
