package org.llmsurgeon.pipeline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.llmsurgeon.checkpoint.ByteSource;
import org.llmsurgeon.checkpoint.ModelFolder;

/** Reads the inputs of a run once and says what is in them. */
final class InputHashes {
  private static final int CHUNK = 1 << 20;

  private InputHashes() {}

  /**
   * Hashes a model and its texts.
   *
   * @param storage where they are
   * @param model an open model folder
   * @param calibration files
   * @param test files
   */
  static RunInputs of(
      HadoopStorage storage, ModelFolder model, List<String> calibration, List<String> test) {
    return new RunInputs(
        new HashedFile(model.path(), model.fingerprint()),
        calibration.stream().map(file -> of(storage, file)).toList(),
        test.stream().map(file -> of(storage, file)).toList());
  }

  private static HashedFile of(HadoopStorage storage, String path) {
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
