package org.llmsurgeon.jobs;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.MiniYARNCluster;

/** A real YARN of this machine: resource manager and one node manager, in this process. */
final class YarnCluster implements AutoCloseable {
  private final MiniYARNCluster cluster;
  private final Path settings;

  private YarnCluster(MiniYARNCluster cluster, Path settings) {
    this.cluster = cluster;
    this.settings = settings;
  }

  static YarnCluster start(Path folder) throws IOException {
    System.setProperty("test.build.data", folder.resolve("data").toString());
    Configuration asked = new YarnConfiguration();
    asked.set("fs.defaultFS", "file:///");
    asked.setInt("yarn.scheduler.minimum-allocation-mb", 256);
    asked.setInt("yarn.nodemanager.resource.memory-mb", 16 * 1024);
    asked.setBoolean("yarn.nodemanager.vmem-check-enabled", false);
    asked.setBoolean("yarn.nodemanager.pmem-check-enabled", false);
    asked.set(
        "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage", "100");
    String queues = "yarn.scheduler.capacity.";
    asked.set(queues + "root.queues", "default");
    asked.set(queues + "root.default.capacity", "100");
    asked.set(queues + "maximum-am-resource-percent", "1.0");
    MiniYARNCluster cluster = new MiniYARNCluster("surgeon", 1, 1, 1);
    cluster.init(asked);
    cluster.start();
    Path settings = Files.createDirectories(folder.resolve("conf"));
    try (OutputStream file = Files.newOutputStream(settings.resolve("yarn-site.xml"))) {
      cluster.getConfig().writeXml(file);
    }
    return new YarnCluster(cluster, settings);
  }

  /** The folder that {@code HADOOP_CONF_DIR} names. */
  Path settings() {
    return settings;
  }

  @Override
  public void close() {
    cluster.stop();
  }
}
