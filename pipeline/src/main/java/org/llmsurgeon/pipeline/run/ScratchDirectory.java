package org.llmsurgeon.pipeline.run;

import java.util.UUID;
import org.llmsurgeon.checkpoint.storage.Storage;

/** A run directory for an operation that keeps nothing. */
public final class ScratchDirectory {
  /** Spark setting: folder for temporary files that every machine of a cluster reaches. */
  public static final String SETTING = "spark.llmsurgeon.scratch";

  private ScratchDirectory() {}

  /**
   * A new directory: in the temporary folder where all tasks run in this process; on a cluster in
   * the folder of the setting {@link #SETTING}, else beside a file that every machine reaches.
   *
   * @param session the operation
   * @param neighbour a path on a file system that every machine reaches
   * @return to be deleted by the caller
   */
  public static RunDirectory near(Session session, String neighbour) {
    String name = "surgeon-" + UUID.randomUUID();
    String setting = session.spark().getConf().get(SETTING, "");
    String path;
    if (!setting.isEmpty()) {
      path = Storage.child(session.storage().absolute(setting), name);
    } else if (session.spark().isLocal()) {
      path = Storage.child(System.getProperty("java.io.tmpdir"), name);
    } else {
      path = neighbour + "." + name;
    }
    return new RunDirectory(session.storage(), path);
  }
}
