package org.llmsurgeon.pipeline.prune;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.storage.Sha256;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.run.HashedFile;
import org.llmsurgeon.pipeline.run.RunInputs;
import org.llmsurgeon.pipeline.run.Session;

/** Reads the inputs of a run once and says what is in them. */
public final class InputHashes {
  private static final StageName STAGE = StageName.of("hash");

  /** Bytes of small files that one task reads, as far as they come to that. */
  private static final long TOGETHER = 64L << 20;

  private InputHashes() {}

  /**
   * Hashes a model and its texts, a task for each large file, or for small ones together.
   *
   * @param session the operation
   * @param model an open model folder
   * @param calibration files
   * @param test files
   */
  public static RunInputs of(
      Session session, ModelFolder model, List<String> calibration, List<String> test) {
    List<String> files =
        Stream.of(model.identity().values(), calibration, test)
            .flatMap(Collection::stream)
            .distinct()
            .toList();
    List<List<HashedFile>> hashed =
        session
            .tasks()
            .longestFirst(
                STAGE, together(session, files), Paths::bytes, new Task(session.settings()))
            .value();
    Map<String, HashedFile> byPath =
        hashed.stream()
            .flatMap(List::stream)
            .collect(Collectors.toMap(HashedFile::path, Function.identity()));
    SortedMap<String, String> sums = new TreeMap<>();
    model.identity().forEach((name, path) -> sums.put(name, byPath.get(path).sha256()));
    return new RunInputs(
        new HashedFile(model.path(), ModelFolder.fingerprint(sums)),
        calibration.stream().map(byPath::get).toList(),
        test.stream().map(byPath::get).toList());
  }

  /**
   * Files of a task.
   *
   * @param paths of at least one
   * @param bytes of all
   */
  record Paths(List<String> paths, long bytes) implements Serializable {}

  /** The files in their order, cut where they come to {@link #TOGETHER}. */
  private static List<Paths> together(Session session, List<String> files) {
    List<Paths> tasks = new ArrayList<>();
    List<String> paths = new ArrayList<>();
    long bytes = 0;
    for (String path : files) {
      long length = session.storage().length(path);
      if (!paths.isEmpty() && bytes + length > TOGETHER) {
        tasks.add(new Paths(List.copyOf(paths), bytes));
        paths.clear();
        bytes = 0;
      }
      paths.add(path);
      bytes += length;
    }
    if (!paths.isEmpty()) {
      tasks.add(new Paths(List.copyOf(paths), bytes));
    }
    return tasks;
  }

  /**
   * Hashes files.
   *
   * @param settings how to reach them
   */
  record Task(HadoopSettings settings) implements TaskFunction<Paths, List<HashedFile>> {
    @Override
    public List<HashedFile> apply(Paths files, String attempt) {
      HadoopStorage storage = settings.storage();
      return files.paths().stream()
          .map(path -> new HashedFile(path, Sha256.of(storage, path)))
          .toList();
    }
  }
}
