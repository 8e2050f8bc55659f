package org.llmsurgeon.jobs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files of the project that are not on the class path. */
public final class Checkout {
  private Checkout() {}

  /** Options of Java by which this program's modules are there and open. */
  static String javaModules() throws IOException {
    String[] parts = Files.readString(file("pom.xml")).split("<java.modules>|</java.modules>");
    if (parts.length != 3) {
      throw new AssertionError("pom.xml has no java.modules.");
    }
    return parts[1];
  }

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
