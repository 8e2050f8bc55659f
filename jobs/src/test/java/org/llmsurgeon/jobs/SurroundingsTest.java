package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.pipeline.TestJava;
import org.slf4j.LoggerFactory;

/**
 * Where the program may find itself: file systems from which no program may run, or that are full,
 * a user without a name, no locale. Each is the real one, made by the kernel's namespaces for a
 * process of its own.
 */
@EnabledOnOs(OS.LINUX)
class SurroundingsTest {
  @TempDir private Path folder;

  private final Map<String, String> environment = new TreeMap<>();
  private Path mounted;
  private Path text;
  private Path settings;

  @BeforeEach
  void write() throws IOException {
    mounted = Files.createDirectory(folder.resolve("mounted"));
    text = folder.resolve("text.txt");
    Files.writeString(text, "abcdefghij".repeat(40), StandardCharsets.UTF_8);
    settings = Checkout.file("conf/log4j2.properties");
    environment.put("PATH", System.getenv("PATH"));
    environment.put("SPARK_LOCAL_IP", "127.0.0.1");
  }

  private List<String> java(List<String> options, List<String> arguments) {
    List<String> command = TestJava.commandWithModules();
    command.addAll(List.of("-Xmx512m", "-Dspark.master=local[1]"));
    command.add("-Dlog4j2.configurationFile=" + settings);
    command.addAll(options);
    command.addAll(List.of("-cp", classPath()));
    command.add(Surgeon.class.getName());
    command.addAll(arguments);
    return command;
  }

  /** Without the logger of some tests, so that the settings of the program hold. */
  private static String classPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(each -> !each.contains("slf4j-simple"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private CommandRun process(List<String> command) throws Exception {
    Path out = Files.createTempFile(folder, "run", ".out");
    Path err = Files.createTempFile(folder, "run", ".err");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    Process process = builder.start();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    // The libraries of Java's own start are told of on lines that the launcher leaves out.
    String said =
        Files.readString(err)
            .lines()
            .filter(
                line -> !line.startsWith("WARNING: Using incubator") && !line.startsWith("SLF4J"))
            .map(line -> line + "\n")
            .reduce("", String::concat);
    return new CommandRun(process.exitValue(), Files.readString(out), said);
  }

  /** Runs a shell script as its own root, to which the rest is given as words. */
  private CommandRun mounting(String script, List<String> words) throws Exception {
    List<String> command = new ArrayList<>(List.of("unshare", "-rm", "sh", "-c", script));
    command.add(mounted.toString());
    command.addAll(words);
    return process(command);
  }

  private void requireMounts() throws Exception {
    CommandRun run = mounting("mount -t tmpfs none \"$0\"", List.of());
    Assumptions.assumeTrue(
        run.code() == 0, "needs namespaces in which one may mount: " + run.err());
  }

  private List<String> evaluate(String test) throws IOException {
    TinyModelFolder model = TinyModelFolder.write(folder.resolve("model"));
    return List.of("evaluate", "--quiet", "--model", model.folder().toString(), "--test", test);
  }

  private CommandRun withoutPrograms(List<String> arguments) throws Exception {
    requireMounts();
    List<String> places = List.of("-Djava.io.tmpdir=" + mounted, "-Duser.home=" + mounted);
    return mounting(
        "mount -t tmpfs -o noexec,size=200m none \"$0\" && exec \"$@\"", java(places, arguments));
  }

  private static void refused(CommandRun run, String library) {
    assertThat(run.err())
        .startsWith("surgeon: " + library + " cannot be loaded here (")
        .contains(
            "; set SURGEON_CACHE to a folder that can be written and from which programs may run")
        .hasLineCount(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.code()).isEqualTo(2);
  }

  /** It is the only task of its stage that refuses, after which Spark has nothing to cancel. */
  @Test
  void aFolderFromWhichNoProgramMayRunIsNamedWithTheRemedy() throws Exception {
    refused(withoutPrograms(evaluate(text.toString())), "the tokenizer library");
    environment.put("SURGEON_CACHE", folder.resolve("cache").toString());
    CommandRun remedied = withoutPrograms(evaluate(text.toString()));
    assertThat(remedied.err()).isEmpty();
    assertThat(remedied.code()).isZero();
  }

  @Tag("long")
  @Test
  void soIsOneFromWhichOpenBlasMayNotRun() throws Exception {
    TinyModelFolder model = TinyModelFolder.write(folder.resolve("model"));
    CommandRun run = withoutPrograms(evaluate(model.windows("test", 3).toString()));
    assertThat(run.err()).contains("OpenBLAS", "from which programs may run").hasLineCount(1);
    assertThat(run.code()).isEqualTo(2);
  }

  /** Cancels what is not there, and what ends as it is cancelled, as a refusal may. */
  static final class Cancelled {
    private Cancelled() {}

    public static void main(String[] arguments) throws Exception {
      SparkConf conf = new SparkConf().setAppName("cancelled").set("spark.ui.enabled", "false");
      try (JavaSparkContext spark = new JavaSparkContext(conf)) {
        spark.sc().cancelJobGroup("nobody");
        spark.parallelize(List.of(1), 1).count();
      }
      LoggerFactory.getLogger("org.apache.spark.scheduler.JobWaiter")
          .warn("Ignore failure", new IllegalStateException("cancelled"));
      LoggerFactory.getLogger("org.apache.spark.scheduler.TaskSetManager")
          .warn("Lost task 2.0 in stage 2.0: TaskKilled (Stage cancelled: Job 2\nwas cancelled)");
    }
  }

  /**
   * The second time with settings that leave nothing out, so that there is something to leave out.
   */
  @Test
  void whatSparkSaysOfCancelledJobsIsLeftOut() throws Exception {
    List<String> command = java(List.of(), List.of());
    command.set(command.size() - 1, Cancelled.class.getName());
    CommandRun run = process(command);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    Path all = folder.resolve("log4j2.properties");
    String left = Files.readString(settings).replaceAll("(?m)^appender\\.stderr\\.filter.*\\R", "");
    Files.writeString(all, left.replaceAll("(?m)^logger\\.jobWaiter.*\\R", ""));
    settings = all;
    command = java(List.of(), List.of());
    command.set(command.size() - 1, Cancelled.class.getName());
    assertThat(process(command).err())
        .contains("Failed to cancel job group nobody", "JobWaiter: Ignore failure", "TaskKilled");
  }

  /** Its own root may write everywhere, but not there. */
  @Test
  void anOutputOnADiskThatMayOnlyBeReadIsRefused() throws Exception {
    requireMounts();
    TinyModelFolder model = TinyModelFolder.write(folder.resolve("model"));
    CommandRun run =
        mounting(
            "mount -t tmpfs -o ro none \"$0\" || exit 9; exec \"$@\"",
            java(
                List.of(),
                List.of(
                    "prune",
                    "--quiet",
                    "--model",
                    model.folder().toString(),
                    "--calibration",
                    text.toString(),
                    "--output",
                    mounted.resolve("out").toString())));
    assertThat(run.err())
        .startsWith("surgeon: The output " + mounted.toRealPath().resolve("out"))
        .endsWith(
            " cannot be written (Read-only file system); choose a place in which files can be"
                + " made.\n")
        .hasLineCount(1);
    assertThat(run.code()).isEqualTo(2);
  }

  /** Twice the same command, the second time with more room. */
  @Test
  void aFullDiskIsOneSentenceAndWithRoomTheSameCommandGoesOn() throws Exception {
    requireMounts();
    TinyModelFolder model = TinyModelFolder.write(folder.resolve("model"));
    List<String> prune = new ArrayList<>(List.of("prune", "--quiet", "--shots", "1"));
    prune.addAll(List.of("--model", model.folder().toString(), "--calibration", text.toString()));
    prune.addAll(List.of("--output", mounted.resolve("out").toString(), "--sparsity", "0.2"));
    prune.addAll(List.of("--sequences", "4", "--context", "10"));
    CommandRun run =
        mounting(
            "mount -t tmpfs -o size=24k none \"$0\" || exit 9; \"$@\"; echo \"code $?\" >&2; mount"
                + " -o remount,size=64m \"$0\" || exit 9; \"$@\"; code=$?; ls \"$0/out\"; exit"
                + " $code",
            java(List.of(), prune));
    assertThat(run.err())
        .matches(
            "(?s)surgeon: [^\n"
                + "]*the disk of [^\n"
                + "]*mounted[^\n"
                + "]* is full; make room and give the same command again: what is finished is"
                + " kept\\.\n"
                + "code 1\n");
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("model.safetensors", "pruning_report.json");
  }

  /**
   * As under {@code docker run -u 54321} without a locale, with what the launcher sets around it.
   */
  @Test
  void aUserWithoutANameAndNamesThatAreNotAscii() throws Exception {
    List<String> nameless = List.of("unshare", "--map-user=54321", "--map-group=54321", "--");
    List<String> number = new ArrayList<>(nameless);
    number.addAll(List.of("id", "-u"));
    CommandRun user = process(number);
    Assumptions.assumeTrue(
        user.out().strip().equals("54321"), "needs namespaces with other users: " + user.err());
    TinyModelFolder model = TinyModelFolder.write(folder.resolve("mod\u00e8le \u6a21"));
    environment.put("LC_ALL", "C");
    List<String> launcher = new ArrayList<>(nameless);
    launcher.addAll(
        List.of("bash", Checkout.file("jobs/surgeon").toString(), "--dry-run", "inspect"));
    List<String> around = new ArrayList<>(nameless);
    List<String> options = new ArrayList<>();
    for (String word : process(launcher).out().strip().split(" ")) {
      if (word.matches("env|[A-Z_]+=\\S*")) {
        around.add(word);
      } else if (word.startsWith("-Duser.name")) {
        options.add(word);
      }
    }
    assertThat(around).contains("env", "LC_ALL=C.UTF-8", "SPARK_USER=54321");
    around.addAll(
        java(
            options,
            List.of(
                "evaluate",
                "--quiet",
                "--json",
                "--model",
                model.folder().toString(),
                "--test",
                text.toString())));
    CommandRun run = process(around);
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).contains("perplexity");
    assertThat(run.code()).isZero();
  }
}
