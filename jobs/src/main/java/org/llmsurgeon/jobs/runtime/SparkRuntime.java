package org.llmsurgeon.jobs.runtime;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.util.ShutdownHookManager;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.llmsurgeon.InputException;

/**
 * The Spark context of one command. Where nobody named a master, Spark runs inside this process on
 * all cores and opens no port to the outside; under {@code spark-submit} its settings are taken.
 * Ctrl-C stops Spark and prints how to go on.
 */
public final class SparkRuntime implements AutoCloseable {
  /** System property: a file of Spark settings that hold where nothing else is said. */
  static final String DEFAULTS = "surgeon.spark.defaults";

  /**
   * The class whose main starts the program: a context that is not named otherwise has its name.
   */
  static final String MAIN = "org.llmsurgeon.jobs.Surgeon";

  /** Native memory is bounded by the tasks, not by JavaCPP's guess from the heap. */
  private static final String NATIVE_MEMORY =
      "-Dorg.bytedeco.javacpp.maxbytes=0 -Dorg.bytedeco.javacpp.maxphysicalbytes=0";

  /** Large arrays make the heap of Java's default collector grow to twice the size. */
  private static final String COLLECTOR = "-XX:+UseParallelGC -XX:MaxNewSize=128m";

  private static final Pattern CHOSEN_COLLECTOR = Pattern.compile("-XX:\\+Use\\w+GC\\b");

  private static final Pattern MASTER =
      Pattern.compile("local(-cluster)?(\\[.+])?|spark://.+|k8s://.+|yarn");

  /** Spark's own hook, which stops the context, has a lower priority and so runs later. */
  private static final int BEFORE_SPARK = 100;

  private static final AtomicBoolean INTERRUPTED = new AtomicBoolean();

  private final JavaSparkContext context;
  private final Runnable onInterrupt;
  private final ExecutorWatch watch;

  private SparkRuntime(JavaSparkContext context, Runnable onInterrupt, ExecutorWatch watch) {
    this.context = context;
    this.onInterrupt = onInterrupt;
    this.watch = watch;
  }

  /** Looks for executors beside the driver, whose own entry Spark counts as well. */
  private static ExecutorWatch watch(JavaSparkContext context, String master, PrintWriter err) {
    return ExecutorWatch.start(
        () ->
            master.startsWith("local")
                || context.sc().isStopped()
                || context.sc().getExecutorMemoryStatus().size() > 1,
        master,
        TimeUnit.SECONDS.toMillis(ExecutorWatch.PATIENCE_SECONDS),
        err);
  }

  /**
   * Starts Spark, in process or as the cluster's driver.
   *
   * @param name what the Spark user interface calls the application
   * @param err where the message about an interruption goes
   * @param interrupted what Ctrl-C prints: one sentence on what is kept and how to go on
   * @throws InputException if Spark cannot be reached under the settings given
   */
  public static SparkRuntime start(String name, PrintWriter err, String interrupted) {
    JavaModules.require();
    SparkConf conf = settings(name);
    String master = conf.get("spark.master");
    if (!MASTER.matcher(master).matches()) {
      throw new InputException(
          "Spark has no master '"
              + master
              + "'; give spark://HOST:PORT, yarn, k8s://URL or local[N].");
    }
    logInNamelessUser();
    Runnable hook = () -> sayInterrupted(err, interrupted);
    ShutdownHookManager.get().addShutdownHook(hook, BEFORE_SPARK);
    try {
      JavaSparkContext context = newContext(conf);
      return new SparkRuntime(context, hook, watch(context, master, err));
    } catch (RuntimeException cannotStart) {
      removeHook(hook);
      throw cannotStart;
    } catch (Exception cannotStart) {
      // Scala declares no exceptions: this is a SparkException about the settings.
      removeHook(hook);
      throw new InputException(
          "Spark cannot start with master '"
              + master
              + "' ("
              + String.valueOf(cannotStart.getMessage()).lines().findFirst().orElse("")
              + "); check --master and the options after --.",
          cannotStart);
    }
  }

  /** Spark. */
  public JavaSparkContext context() {
    return context;
  }

  /** Whether a master was named: what needs no cluster otherwise does without Spark. */
  public static boolean isAskedFor() {
    return System.getProperty("spark.master") != null;
  }

  /** Whether this process is being ended by Ctrl-C or a signal. */
  static boolean interrupted() {
    return INTERRUPTED.get();
  }

  @Override
  public void close() {
    removeHook(onInterrupt);
    watch.close();
    context.close();
  }

  /** The settings of the context: given ones first, then the defaults file, then ours. */
  static SparkConf settings(String name) {
    SparkConf conf = new SparkConf(true);
    addDefaults(conf, System.getProperty(DEFAULTS));
    conf.setIfMissing("spark.master", "local[*]");
    if (conf.get("spark.app.name", MAIN).equals(MAIN)) {
      conf.setAppName(name);
    }
    if (conf.get("spark.master").matches("local(\\[.*])?")) {
      conf.setIfMissing("spark.ui.enabled", "false");
      conf.setIfMissing("spark.driver.host", "127.0.0.1");
      conf.setIfMissing("spark.driver.bindAddress", "127.0.0.1");
    }
    conf.setIfMissing("spark.ui.showConsoleProgress", "false");
    conf.setIfMissing("spark.executorEnv.OPENBLAS_NUM_THREADS", "1");
    conf.setIfMissing("spark.executorEnv.OMP_NUM_THREADS", "1");
    // Else freed tensors leave holes in the C heap: two more gigabytes for each shot of SmolLM2.
    conf.setIfMissing("spark.executorEnv.MALLOC_MMAP_THRESHOLD_", "1048576");
    // Large tensors on large pages: a page fault for each 4 KiB costs more than their zeros.
    conf.setIfMissing("spark.executorEnv.GLIBC_TUNABLES", "glibc.malloc.hugetlb=1");
    // Names of files with other letters than ASCII: Java knows them by the locale.
    conf.setIfMissing("spark.executorEnv.LC_ALL", "C.UTF-8");
    conf.set("spark.executor.extraJavaOptions", executorOptions(conf));
    return conf;
  }

  /** The user's options of the executors' Java after ours, with one collector. */
  private static String executorOptions(SparkConf conf) {
    String given = conf.get("spark.executor.extraJavaOptions", "");
    String all = conf.get("spark.executor.defaultJavaOptions", "") + " " + given;
    String collector = CHOSEN_COLLECTOR.matcher(all).find() ? "" : COLLECTOR + " ";
    return (NATIVE_MEMORY + " " + collector + given).strip();
  }

  /** Hadoop asks for a name; a process that runs as a number has that. */
  private static void logInNamelessUser() {
    try {
      UserGroupInformation.getCurrentUser();
    } catch (IOException | RuntimeException nameless) {
      String given = System.getenv("SPARK_USER");
      String name = given == null ? System.getProperty("user.name") : given;
      UserGroupInformation.setLoginUser(UserGroupInformation.createRemoteUser(name));
    }
  }

  /** A new context. What goes wrong is thrown and told once; Spark would log it as well. */
  private static JavaSparkContext newContext(SparkConf conf) {
    String logger = SparkContext.class.getName();
    Level before = LogManager.getLogger(logger).getLevel();
    Configurator.setLevel(logger, Level.OFF);
    try {
      return new JavaSparkContext(conf);
    } finally {
      Configurator.setLevel(logger, before);
    }
  }

  private static void addDefaults(SparkConf conf, String file) {
    if (file == null) {
      return;
    }
    Properties defaults = new Properties();
    try (Reader reader = Files.newBufferedReader(Path.of(file), StandardCharsets.UTF_8)) {
      defaults.load(reader);
    } catch (IOException cannotRead) {
      throw new InputException(
          "The Spark settings " + file + " cannot be read; give an existing properties file.",
          cannotRead);
    }
    defaults.forEach((key, value) -> conf.setIfMissing((String) key, ((String) value).strip()));
  }

  private static void removeHook(Runnable hook) {
    if (!ShutdownHookManager.get().isShutdownInProgress()) {
      ShutdownHookManager.get().removeShutdownHook(hook);
    }
  }

  private static void sayInterrupted(PrintWriter err, String interrupted) {
    INTERRUPTED.set(true);
    // Tasks that are cut off are no news any more.
    Configurator.setLevel("org.apache.spark", Level.OFF);
    err.println();
    err.println(interrupted);
    err.flush();
  }
}
