package org.llmsurgeon.pipeline;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * A real Spark master and workers as processes of this machine, from the jars of the module {@code
 * spark-home}.
 */
final class StandaloneCluster implements AutoCloseable {
  private static final String LOOPBACK = "127.0.0.1";

  private final List<Process> workers = new ArrayList<>();
  private final Path folder;
  private final int port;
  private Process master;
  private int started;

  /**
   * A worker to start.
   *
   * @param host its address; different ones count as different machines
   * @param cores cores that it offers
   * @param settings Spark properties file, or null
   */
  record Worker(String host, int cores, Path settings) {
    static Worker withCores(int cores) {
      return new Worker(LOOPBACK, cores, null);
    }
  }

  private StandaloneCluster(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName(LOOPBACK))) {
      this.port = free.getLocalPort();
    }
  }

  static StandaloneCluster start(Path folder, int workers) throws Exception {
    return start(folder, Stream.generate(() -> Worker.withCores(1)).limit(workers).toList());
  }

  static StandaloneCluster start(Path folder, List<Worker> workers) throws Exception {
    StandaloneCluster cluster = new StandaloneCluster(folder);
    try {
      cluster.master =
          cluster.launch(
              "org.apache.spark.deploy.master.Master",
              "--host",
              LOOPBACK,
              "--port",
              Integer.toString(cluster.port),
              "--webui-port",
              "0");
      cluster.awaitMaster();
      for (Worker worker : workers) {
        cluster.workers.add(cluster.launch(worker));
      }
      return cluster;
    } catch (Exception failure) {
      cluster.close();
      throw failure;
    }
  }

  String master() {
    return "spark://" + LOOPBACK + ":" + port;
  }

  /** Settings of an application that has an executor with one core on each worker. */
  SparkConf conf() {
    return TestSpark.conf(master())
        .set("spark.executor.cores", "1")
        .set("spark.executor.memory", "600m")
        .set("spark.executor.extraJavaOptions", String.join(" ", TestJava.SHORT_LIVED))
        .set("spark.scheduler.minRegisteredResourcesRatio", "1.0")
        .set("spark.cores.max", Integer.toString(workers.size()))
        .set("spark.executorEnv.LC_ALL", "C.UTF-8")
        .set("spark.executor.extraClassPath", System.getProperty("java.class.path"));
  }

  static void awaitExecutors(JavaSparkContext spark, int count) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(180);
    // The driver counts as one.
    while (spark.statusTracker().getExecutorInfos().length < count + 1) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(count + " executors did not come");
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  /** Kills the processes that a worker runs for applications: its executors. */
  void killExecutorsOf(int worker) {
    workers.get(worker).descendants().forEach(ProcessHandle::destroyForcibly);
  }

  /** Kills a worker and starts another in its place. */
  void killAndReplace(int worker) throws IOException {
    workers.get(worker).destroyForcibly();
    workers.set(worker, launch(Worker.withCores(2)));
  }

  private Process launch(Worker worker) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("--host", worker.host(), "--webui-port", "0", "--memory", "2g"));
    arguments.addAll(List.of("--cores", Integer.toString(worker.cores())));
    arguments.addAll(List.of("--work-dir", folder.resolve("worker-" + started).toString()));
    if (worker.settings() != null) {
      arguments.addAll(List.of("--properties-file", worker.settings().toString()));
    }
    arguments.add(master());
    return launch("org.apache.spark.deploy.worker.Worker", arguments.toArray(String[]::new));
  }

  private Process launch(String main, String... arguments) throws IOException {
    String home = System.getenv("SPARK_HOME");
    if (home == null || !Files.isDirectory(Path.of(home, "jars"))) {
      throw new IllegalStateException("SPARK_HOME is " + home + ", which has no folder jars");
    }
    List<String> command = TestJava.command();
    // Executors that tests kill are no reason to give up an application.
    command.addAll(List.of("-Xmx256m", "-Dspark.deploy.maxExecutorRetries=-1"));
    command.addAll(List.of("-cp", home + File.separator + "jars/*", main));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment.put("SPARK_LOCAL_IP", LOOPBACK);
    environment.put("SPARK_SCALA_VERSION", "2.13");
    // As services are started; what an application needs it sets for its executors.
    environment.put("LC_ALL", "C");
    Path log = folder.resolve("process-" + started++ + ".log");
    return builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
  }

  private void awaitMaster() throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (System.nanoTime() < deadline && master.isAlive()) {
      try (Socket socket = new Socket(LOOPBACK, port)) {
        return;
      } catch (IOException notYet) {
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
    throw new IllegalStateException(
        "the master did not start:\n" + Files.readString(folder.resolve("process-0.log")));
  }

  @Override
  public void close() {
    List<ProcessHandle> all =
        Stream.concat(Stream.ofNullable(master), workers.stream())
            .flatMap(each -> Stream.concat(each.descendants(), Stream.of(each.toHandle())))
            .toList();
    all.forEach(ProcessHandle::destroyForcibly);
    all.forEach(each -> each.onExit().orTimeout(20, TimeUnit.SECONDS).join());
  }
}
