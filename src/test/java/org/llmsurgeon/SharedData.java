package org.llmsurgeon;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/**
 * Real models, texts and the results of the authors' program, which lie outside of the project: the
 * folder that {@code SURGEON_SHARED} names, else {@code ../shared} beside the checkout. Where it is
 * absent, tests that need it are skipped by name; with {@code SURGEON_GOLDENS=required} its absence
 * fails them.
 */
public final class SharedData {
  /** Tag of the tests that need the folder. */
  public static final String TAG = "golden";

  private SharedData() {}

  /**
   * A file or folder of the shared data.
   *
   * @param path below the shared folder
   */
  public static Path path(String path) {
    Path file = root().resolve(path);
    if (!Files.exists(file)) {
      String message = "needs " + path + " in the shared folder (SURGEON_SHARED, else ../shared)";
      if ("required".equals(System.getenv("SURGEON_GOLDENS"))) {
        throw new AssertionError(message);
      }
      Assumptions.abort(message);
    }
    return file;
  }

  private static Path root() {
    String named = System.getenv("SURGEON_SHARED");
    if (named != null && !named.isBlank()) {
      return Path.of(named);
    }
    Path checkout = Path.of("").toAbsolutePath();
    while (checkout != null && !Files.exists(checkout.resolve("jobs").resolve("surgeon"))) {
      checkout = checkout.getParent();
    }
    return checkout == null ? Path.of("../shared") : checkout.resolveSibling("shared");
  }
}
