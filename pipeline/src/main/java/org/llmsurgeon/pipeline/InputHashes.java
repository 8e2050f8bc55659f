package org.llmsurgeon.pipeline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.llmsurgeon.checkpoint.ByteSource;
import org.llmsurgeon.checkpoint.ModelFolder;

/** Reads the inputs of a run once and says what is in them. */
final class InputHashes {
  private static final int CHUNK = 1 << 20;
  private static final StageName STAGE = StageName.of("hash");

  private InputHashes() {}

  /**
   * Hashes a model, on the driver, and its texts, a task for each file.
   *
   * @param session the operation
   * @param model an open model folder
   * @param calibration files
   * @param test files
   */
  static RunInputs of(
      Session session, ModelFolder model, List<String> calibration, List<String> test) {
    List<String> files = Stream.concat(calibration.stream(), test.stream()).distinct().toList();
    List<HashedFile> hashed =
        session
            .tasks()
            .longestFirst(STAGE, files, session.storage()::length, new Task(session.settings()))
            .value();
    Map<String, HashedFile> byPath =
        hashed.stream().collect(Collectors.toMap(HashedFile::path, Function.identity()));
    return new RunInputs(
        model(session.progress(), model),
        calibration.stream().map(byPath::get).toList(),
        test.stream().map(byPath::get).toList());
  }

  private static HashedFile model(Progress progress, ModelFolder model) {
    return Timed.onDriver(
            progress,
            STAGE,
            1,
            () -> {
              HashedFile hashed = new HashedFile(model.path(), model.fingerprint());
              progress.taskFinished();
              return hashed;
            })
        .value();
  }

  /**
   * Hashes a file.
   *
   * @param settings how to reach it
   */
  record Task(HadoopSettings settings) implements TaskFunction<String, HashedFile> {
    @Override
    public HashedFile apply(String path, String attempt) {
      return hash(settings.storage(), path);
    }
  }

  private static HashedFile hash(HadoopStorage storage, String path) {
    try (ByteSource file = storage.open(path)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK, Math.max(1, file.length())));
      for (long at = 0; at < file.length(); at += chunk.capacity()) {
        chunk.clear().limit((int) Math.min(chunk.capacity(), file.length() - at));
        file.read(at, chunk);
        digest.update(chunk.flip());
      }
      return new HashedFile(path, HexFormat.of().formatHex(digest.digest()));
    } catch (IOException failure) {
      throw new UncheckedIOException(path + " could not be read", failure);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java has SHA-256", impossible);
    }
  }
}
