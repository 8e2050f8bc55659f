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

/**
 * A real Spark master and workers as processes of this machine, from the jars of the module {@code
 * spark-home}.
 */
final class StandaloneCluster implements AutoCloseable {
  private static final String LOOPBACK = "127.0.0.1";

  private final List<Process> processes = new ArrayList<>();
  private final Path folder;
  private final int port;

  private StandaloneCluster(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName(LOOPBACK))) {
      this.port = free.getLocalPort();
    }
  }

  static StandaloneCluster start(Path folder, int workers) throws Exception {
    StandaloneCluster cluster = new StandaloneCluster(folder);
    try {
      cluster.launch(
          "org.apache.spark.deploy.master.Master",
          "--host",
          LOOPBACK,
          "--port",
          Integer.toString(cluster.port),
          "--webui-port",
          "0");
      cluster.awaitMaster();
      for (int i = 1; i <= workers; i++) {
        String work = folder.resolve("worker-" + i).toString();
        cluster.launch(
            "org.apache.spark.deploy.worker.Worker",
            "--host",
            LOOPBACK,
            "--webui-port",
            "0",
            "--cores",
            "1",
            "--memory",
            "1g",
            "--work-dir",
            work,
            cluster.master());
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

  SparkConf conf() {
    return TestSpark.conf(master())
        .set("spark.executor.cores", "1")
        .set("spark.executor.memory", "600m")
        .set("spark.scheduler.minRegisteredResourcesRatio", "1.0")
        .set("spark.cores.max", Integer.toString(processes.size() - 1))
        .set("spark.executor.extraClassPath", System.getProperty("java.class.path"));
  }

  /** Kills the processes that a worker runs for the application: its executor. */
  void killExecutorOf(int worker) {
    processes.get(worker).descendants().forEach(ProcessHandle::destroyForcibly);
  }

  private void launch(String main, String... arguments) throws IOException {
    String home = System.getenv("SPARK_HOME");
    if (home == null || !Files.isDirectory(Path.of(home, "jars"))) {
      throw new IllegalStateException("SPARK_HOME is " + home + ", which has no folder jars");
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-cp", home + File.separator + "jars/*", main));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment.put("SPARK_LOCAL_IP", LOOPBACK);
    environment.put("SPARK_SCALA_VERSION", "2.13");
    Path log = folder.resolve("process-" + processes.size() + ".log");
    processes.add(builder.redirectErrorStream(true).redirectOutput(log.toFile()).start());
  }

  private void awaitMaster() throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (System.nanoTime() < deadline && processes.get(0).isAlive()) {
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
        processes.stream()
            .flatMap(each -> Stream.concat(each.descendants(), Stream.of(each.toHandle())))
            .toList();
    all.forEach(ProcessHandle::destroyForcibly);
    all.forEach(each -> each.onExit().orTimeout(20, TimeUnit.SECONDS).join());
  }
}
