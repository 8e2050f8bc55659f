package org.llmsurgeon.pipeline;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/** Stops in the middle of writing one file, for ever. */
public final class CutOffFileSystem extends RemoteFileSystem {
  /** How the path of the file ends. */
  static final String FILE = "fs.remote.cut-off.file";

  /** A local file that is made then. */
  static final String MARKER = "fs.remote.cut-off.marker";

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
    FSDataOutputStream out =
        super.create(path, permission, overwrite, buffer, replication, block, progress);
    return path.toString().endsWith(getConf().get(FILE))
        ? new FSDataOutputStream(new Half(out), null)
        : out;
  }

  private final class Half extends FilterOutputStream {
    Half(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      out.write(bytes, from, count / 2);
      out.flush();
      ClusterDriver.markAndWait(getConf().get(MARKER));
    }
  }
}
