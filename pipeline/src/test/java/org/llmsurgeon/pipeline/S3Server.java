package org.llmsurgeon.pipeline;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.llmsurgeon.pipeline.prune.PruneRequest;

/** An S3 server with one bucket, as a process of its own, from the jars of the module s3-server. */
final class S3Server implements AutoCloseable {
  static final String BUCKET = "models";

  private static final String LOOPBACK = "127.0.0.1";
  private static final Path JARS = Path.of("s3-server", "target", "jars");
  private static final String CLIENT = "org.apache.hadoop.fs.s3a.S3AFileSystem";

  private final Process process;
  private final int port;

  private S3Server(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Whether the build has its jars and those of the client: the profile s3 brings both. */
  static boolean isThere() {
    try {
      Class.forName(CLIENT, false, S3Server.class.getClassLoader());
      return Files.isDirectory(JARS);
    } catch (ClassNotFoundException without) {
      return false;
    }
  }

  static S3Server start(Path folder) throws Exception {
    Path data = Files.createDirectories(folder.resolve("data"));
    Files.createDirectories(data.resolve(BUCKET));
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName(LOOPBACK))) {
      port = free.getLocalPort();
    }
    Path settings =
        Files.writeString(
            folder.resolve("s3proxy.conf"),
            """
            s3proxy.endpoint=http://127.0.0.1:%d
            s3proxy.authorization=aws-v2-or-v4
            s3proxy.identity=key
            s3proxy.credential=secret
            jclouds.provider=filesystem-nio2
            jclouds.identity=key
            jclouds.credential=secret
            jclouds.filesystem.basedir=%s
            """
                .formatted(port, data));
    Path log = folder.resolve("s3.log");
    List<String> command = TestJava.command();
    command.addAll(List.of("-Xmx512m", "-cp", JARS.toAbsolutePath() + File.separator + "*"));
    command.addAll(List.of("org.gaul.s3proxy.Main", "--properties", settings.toString()));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    S3Server server = new S3Server(process, port);
    server.await(log);
    return server;
  }

  private void await(Path log) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (System.nanoTime() < deadline && process.isAlive()) {
      try (Socket socket = new Socket(LOOPBACK, port)) {
        return;
      } catch (IOException notYet) {
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
    close();
    throw new IllegalStateException("the S3 server did not start:\n" + Files.readString(log));
  }

  /** Hadoop settings of a client. */
  Map<String, String> settings(Path buffers) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("fs.s3a.endpoint", "http://" + LOOPBACK + ":" + port);
    settings.put("fs.s3a.endpoint.region", "us-east-1");
    settings.put("fs.s3a.access.key", "key");
    settings.put("fs.s3a.secret.key", "secret");
    settings.put("fs.s3a.path.style.access", "true");
    settings.put("fs.s3a.connection.ssl.enabled", "false");
    settings.put("fs.s3a.input.stream.type", "classic");
    settings.put("fs.s3a.buffer.dir", buffers.toString());
    return settings;
  }

  static String uri(String path) {
    return "s3a://" + BUCKET + "/" + path;
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().onExit().orTimeout(20, TimeUnit.SECONDS).join();
  }

  /** What a pruning run on the bucket needs. */
  static PruneRequest request(String model, String windows) {
    List<String> text = List.of(uri(windows));
    return new PruneRequest(
        uri(model), text, text, uri("out/pruned"), uri("runs/one"), false, ClusterDriver.RECIPE);
  }
}
