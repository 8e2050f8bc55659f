package org.llmsurgeon.pipeline;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * A folder of this machine behind a scheme of its own, so that it can be reached through Hadoop
 * only: {@code remote://folder/path} lies at {@code /path}.
 */
public class RemoteFileSystem extends FileSystem {
  static final String SCHEME = "remote";

  private final RawLocalFileSystem disk = new RawLocalFileSystem();

  /** Settings that make the scheme known. */
  public static Configuration configuration() {
    Configuration configuration = new Configuration(false);
    configuration.set("fs.remote.impl", RemoteFileSystem.class.getName());
    return configuration;
  }

  public static String uri(java.nio.file.Path path) {
    return SCHEME + "://host" + path;
  }

  @Override
  public void initialize(URI name, Configuration configuration) throws IOException {
    super.initialize(name, configuration);
    disk.initialize(URI.create("file:///"), configuration);
    setConf(configuration);
  }

  private static Path local(Path path) {
    return new Path("file", null, path.toUri().getPath());
  }

  private FileStatus remote(FileStatus status) {
    Path path = status.getPath();
    status.setPath(new Path(SCHEME, "host", path.toUri().getPath()));
    return status;
  }

  @Override
  public URI getUri() {
    return URI.create(SCHEME + "://host");
  }

  @Override
  public FSDataInputStream open(Path path, int buffer) throws IOException {
    return disk.open(local(path), buffer);
  }

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
    if (!overwrite && disk.exists(local(path))) {
      throw new FileAlreadyExistsException(path.toString());
    }
    disk.mkdirs(local(path).getParent());
    return disk.create(local(path), overwrite, buffer, replication, block, progress);
  }

  @Override
  public FSDataOutputStream append(Path path, int buffer, Progressable progress) {
    throw new UnsupportedOperationException("append");
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    return disk.rename(local(from), local(to));
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    return disk.delete(local(path), recursive);
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    FileStatus[] all = disk.listStatus(local(path));
    for (FileStatus each : all) {
      remote(each);
    }
    return all;
  }

  @Override
  public void setWorkingDirectory(Path path) {}

  @Override
  public Path getWorkingDirectory() {
    return new Path(SCHEME, "host", "/");
  }

  @Override
  public boolean mkdirs(Path path, FsPermission permission) throws IOException {
    return disk.mkdirs(local(path));
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    try {
      return remote(disk.getFileStatus(local(path)));
    } catch (FileNotFoundException missing) {
      throw new FileNotFoundException(path + " is not there");
    }
  }
}
