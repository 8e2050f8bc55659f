package org.llmsurgeon.jobs.runtime;

import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.InputException;

/** What this program needs of the Java that runs it, checked before anything is begun. */
public final class JavaModules {
  private static final String VECTOR = "jdk.incubator.vector";

  /** Packages of java.base that Arrow and Spark reach into; each where it is used, not before. */
  private static final List<String> OPENED =
      List.of(
          "java.lang",
          "java.lang.invoke",
          "java.lang.reflect",
          "java.io",
          "java.net",
          "java.nio",
          "java.util",
          "java.util.concurrent",
          "java.util.concurrent.atomic",
          "sun.nio.ch");

  private JavaModules() {}

  /**
   * Checks that the module of vectors is there and that packages are open.
   *
   * @throws InputException naming each option that Java was not given
   */
  public static void require() {
    List<String> missing = new ArrayList<>();
    if (ModuleLayer.boot().findModule(VECTOR).isEmpty()) {
      missing.add("--add-modules=" + VECTOR);
    }
    for (String each : OPENED) {
      if (!Object.class.getModule().isOpen(each, JavaModules.class.getModule())) {
        missing.add("--add-opens=java.base/" + each + "=ALL-UNNAMED");
      }
    }
    if (!missing.isEmpty()) {
      throw new InputException(
          "This Java was started without "
              + String.join(" ", missing)
              + "; use jobs/surgeon, or give spark-submit --properties-file"
              + " conf/spark-cluster.conf, whose spark.driver.extraJavaOptions has them.");
    }
  }
}
