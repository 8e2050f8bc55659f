package org.llmsurgeon.pipeline.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.SparkEnv;
import org.llmsurgeon.Reason;

/**
 * A process that does tasks has less memory than they need: told in one sentence, with a remedy.
 */
final class LackOfMemory {
  /** As Java, YARN and Kubernetes say it. */
  private static final Pattern SAID =
      Pattern.compile(
          "OutOfMemoryError|OOMKilled|exceeding (physical |virtual )?memory limits",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern HEAP =
      Pattern.compile("Java heap space|GC overhead", Pattern.CASE_INSENSITIVE);

  /** How Spark ends an executor whose Java has no more, be it its own memory or the rest. */
  private static final Pattern ANY = exitCode(52);

  /** How systems end a process that takes what it may not. */
  private static final Pattern KILLED = exitCode(137);

  private LackOfMemory() {}

  private static Pattern exitCode(int code) {
    return Pattern.compile(
        "\\bexit(ed with)?( exit)? (code|status):? ?" + code + "\\b", Pattern.CASE_INSENSITIVE);
  }

  /** Whether a message tells of it. */
  static boolean says(String message) {
    return Stream.of(SAID, ANY, KILLED).anyMatch(each -> each.matcher(message).find());
  }

  /**
   * What to tell the user.
   *
   * @param said why, as Java or Spark says it
   * @param local whether tasks run in the driver's process, which no setting gives more
   */
  static String sentence(String said, boolean local) {
    String reason = Reason.plain(said);
    return (KILLED.matcher(said).find()
            ? "a process was killed, most often since it is out of memory ("
            : "a process is out of memory (")
        + (reason.isEmpty() ? "no reason given" : reason)
        + "); give "
        + (local ? toOne(said) : toExecutors(said))
        + ": the command plan says what a stage needs, and what is finished is kept";
  }

  private static String toOne(String said) {
    return HEAP.matcher(said).find()
        ? "more of -- --driver-memory"
        : "--master 'local[1]', which does one task at a time, or take a larger machine";
  }

  /** Java's own part and the rest are two settings, of which a task at a time needs less. */
  private static String toExecutors(String said) {
    List<String> more = new ArrayList<>();
    if (HEAP.matcher(said).find() || ANY.matcher(said).find()) {
      more.add("more of -- --executor-memory" + now("spark.executor.memory"));
    }
    if (!HEAP.matcher(said).find()) {
      more.add(
          "more of -- --conf spark.executor.memoryOverhead" + now("spark.executor.memoryOverhead"));
    }
    more.add("fewer tasks at a time with -- --conf spark.task.cpus=2");
    return String.join(", or ", more);
  }

  private static String now(String setting) {
    SparkEnv here = SparkEnv.get();
    return here == null || !here.conf().contains(setting)
        ? ""
        : " (now " + here.conf().get(setting) + ")";
  }
}
