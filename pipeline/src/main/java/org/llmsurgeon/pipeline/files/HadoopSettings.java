package org.llmsurgeon.pipeline.files;

import java.io.Serializable;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;

/**
 * How to reach file systems, as a small map that travels with each task: everything that the
 * driver's configuration says beyond Hadoop's own defaults ({@code spark.hadoop.*}, site files,
 * what a program set). An executor starts from its own defaults and puts these on top.
 */
public final class HadoopSettings implements Serializable {
  private static final long serialVersionUID = 1L;
  private static Cached latest;

  private final TreeMap<String, String> entries;

  private HadoopSettings(TreeMap<String, String> entries) {
    this.entries = entries;
  }

  /**
   * What is special in a configuration.
   *
   * @param configuration the driver's
   */
  public static HadoopSettings of(Configuration configuration) {
    TreeMap<String, String> entries = new TreeMap<>();
    for (Map.Entry<String, String> entry : configuration) {
      if (!isDefault(configuration.getPropertySources(entry.getKey()))) {
        entries.put(entry.getKey(), entry.getValue());
      }
    }
    return new HadoopSettings(entries);
  }

  private static boolean isDefault(String[] sources) {
    return sources != null
        && sources.length > 0
        && sources[sources.length - 1].endsWith("-default.xml");
  }

  /**
   * Access to all file systems with these settings. Making a configuration takes longer than many a
   * task, so a process keeps the one of the settings it saw last.
   */
  public HadoopStorage storage() {
    synchronized (HadoopSettings.class) {
      if (latest == null || !latest.entries.equals(entries)) {
        Configuration configuration = new Configuration();
        entries.forEach(configuration::set);
        latest = new Cached(entries, new HadoopStorage(configuration));
      }
      return latest.storage;
    }
  }

  private record Cached(TreeMap<String, String> entries, HadoopStorage storage) {}

  // The values may be credentials.
  @Override
  public String toString() {
    return entries.size() + " Hadoop settings";
  }
}
