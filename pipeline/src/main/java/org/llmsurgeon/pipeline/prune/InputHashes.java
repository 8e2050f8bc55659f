package org.llmsurgeon.pipeline.prune;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.llmsurgeon.checkpoint.safetensors.ModelFolder;
import org.llmsurgeon.checkpoint.storage.Sha256;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.run.HashedFile;
import org.llmsurgeon.pipeline.run.RunInputs;
import org.llmsurgeon.pipeline.run.Session;

/** Reads the inputs of a run once and says what is in them. */
public final class InputHashes {
  private static final StageName STAGE = StageName.of("hash");

  private InputHashes() {}

  /**
   * Hashes a model and its texts, a task for each file.
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
    List<HashedFile> hashed =
        session
            .tasks()
            .longestFirst(STAGE, files, session.storage()::length, new Task(session.settings()))
            .value();
    Map<String, HashedFile> byPath =
        hashed.stream().collect(Collectors.toMap(HashedFile::path, Function.identity()));
    SortedMap<String, String> sums = new TreeMap<>();
    model.identity().forEach((name, path) -> sums.put(name, byPath.get(path).sha256()));
    return new RunInputs(
        new HashedFile(model.path(), ModelFolder.fingerprint(sums)),
        calibration.stream().map(byPath::get).toList(),
        test.stream().map(byPath::get).toList());
  }

  /**
   * Hashes a file.
   *
   * @param settings how to reach it
   */
  record Task(HadoopSettings settings) implements TaskFunction<String, HashedFile> {
    @Override
    public HashedFile apply(String path, String attempt) {
      return new HashedFile(path, Sha256.of(settings.storage(), path));
    }
  }
}
