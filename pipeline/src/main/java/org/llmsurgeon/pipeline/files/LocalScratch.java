package org.llmsurgeon.pipeline.files;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.SparkEnv;

/**
 * Temporary files of this process, on a disk of its machine: where Spark keeps its own ({@code
 * spark.local.dir}, or what the cluster gives), else in Java's temporary folder.
 */
public final class LocalScratch {
  private LocalScratch() {}

  /**
   * Makes an empty file.
   *
   * @param name what it is for; a part of its name
   */
  public static Path file(String name) {
    try {
      SparkEnv spark = SparkEnv.get();
      return spark == null
          ? Files.createTempFile("surgeon-" + name + "-", ".tmp")
          : Files.createTempFile(
              spark.blockManager().diskBlockManager().localDirs()[0].toPath(), name + "-", ".tmp");
    } catch (IOException failure) {
      throw new UncheckedIOException("no temporary file could be made on the local disk", failure);
    }
  }
}
