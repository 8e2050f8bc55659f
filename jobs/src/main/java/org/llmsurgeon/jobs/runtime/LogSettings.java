package org.llmsurgeon.jobs.runtime;

import java.net.URISyntaxException;
import java.net.URL;
import java.util.stream.Stream;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.spark.SparkConf;

/** What the driver logs where nobody said it: on a cluster Spark would log some hundred lines. */
public final class LogSettings {
  private static final String OURS = "/org/llmsurgeon/jobs/log/log4j2.properties";

  private LogSettings() {}

  /** Takes the launcher's settings from the jar, unless a file or the class path names others. */
  public static void apply() {
    boolean named =
        Stream.of("log4j2.configurationFile", "log4j.configurationFile")
            .anyMatch(property -> System.getProperty(property) != null);
    boolean found =
        Stream.of("log4j2.properties", "log4j2.xml", "log4j2.yaml", "log4j2.json")
            .anyMatch(file -> LogSettings.class.getClassLoader().getResource(file) != null);
    URL ours = LogSettings.class.getResource(OURS);
    if (named || found || ours == null) {
      return;
    }
    // Spark loads its own settings at its first line, over any others, unless it has done so
    // before.
    new SparkConf(false).initializeLogIfNecessary(false);
    try {
      Configurator.reconfigure(ours.toURI());
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(ours.toString(), impossible);
    }
  }
}
