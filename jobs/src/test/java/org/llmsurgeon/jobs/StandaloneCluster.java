package org.llmsurgeon.jobs;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import org.llmsurgeon.pipeline.TestJava;

/** A real standalone cluster of this machine: a master and one worker, processes of their own. */
final class StandaloneCluster implements AutoCloseable {
  private final Path folder;
  private final String address;
  private final Process master;
  private final Process worker;

  private StandaloneCluster(Path folder, int cores, String memory) throws IOException {
    this.folder = folder;
    String port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = Integer.toString(free.getLocalPort());
    }
    address = "spark://127.0.0.1:" + port;
    String[] here = {"--host", "127.0.0.1", "--webui-port", "0"};
    master = spark("Master", here, "--port", port);
    String size = Integer.toString(cores);
    String work = folder.resolve("work").toString();
    worker =
        spark("Worker", here, "--cores", size, "--memory", memory, "--work-dir", work, address);
  }

  /**
   * Starts one; what its processes say stands in the folder.
   *
   * @param folder where they work
   * @param cores of the worker, which may be more than there are
   * @param memory of the worker, of which nothing is taken before an executor is
   */
  static StandaloneCluster start(Path folder, int cores, String memory) throws IOException {
    return new StandaloneCluster(folder, cores, memory);
  }

  /** Its address. */
  String address() {
    return address;
  }

  private Process spark(String server, String[] here, String... more) throws IOException {
    List<String> command = TestJava.command();
    command.addAll(List.of("-Xmx256m", "-cp"));
    command.add(Checkout.file("pipeline/spark-home/target/jars") + "/*");
    command.add("org.apache.spark.deploy." + server.toLowerCase() + "." + server);
    command.addAll(List.of(here));
    command.addAll(List.of(more));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(server + ".log").toFile());
    Path home = Checkout.file("pipeline/spark-home/target");
    builder.environment().put("SPARK_HOME", home.toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.13");
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    return builder.start();
  }

  @Override
  public void close() throws InterruptedException {
    worker.descendants().forEach(ProcessHandle::destroyForcibly);
    worker.destroyForcibly().waitFor();
    master.destroyForcibly().waitFor();
  }
}
