package org.llmsurgeon.jobs;

import java.nio.file.Files;
import java.nio.file.Path;

/** Files of the project that are not on the class path. */
public final class Checkout {
  private Checkout() {}

  /**
   * A file or folder of the project.
   *
   * @param path below the project's folder
   */
  public static Path file(String path) {
    Path folder = Path.of("").toAbsolutePath();
    while (folder != null && !Files.exists(folder.resolve("jobs").resolve("surgeon"))) {
      folder = folder.getParent();
    }
    if (folder == null) {
      throw new AssertionError("The tests do not run inside the project.");
    }
    return folder.resolve(path);
  }
}
