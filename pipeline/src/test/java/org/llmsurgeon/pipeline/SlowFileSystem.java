package org.llmsurgeon.pipeline;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;
import org.apache.spark.TaskContext;

/** Slow for the first attempt at the first shard, as a disk that is about to fail. */
public final class SlowFileSystem extends RemoteFileSystem {
  @Override
  public FSDataOutputStream create(
      Path path,
      FsPermission permission,
      boolean overwrite,
      int buffer,
      short replication,
      long block,
      Progressable progress)
      throws IOException {
    TaskContext task = TaskContext.get();
    if (task != null && task.attemptNumber() == 0 && path.getName().startsWith("shard-00000")) {
      try {
        TimeUnit.SECONDS.sleep(8);
      } catch (InterruptedException stopped) {
        throw new IOException(stopped);
      }
    }
    return super.create(path, permission, overwrite, buffer, replication, block, progress);
  }
}
