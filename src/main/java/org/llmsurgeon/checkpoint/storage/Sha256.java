package org.llmsurgeon.checkpoint.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 digests, in hexadecimal. */
public final class Sha256 {
  private static final int CHUNK = 4 << 20;

  private Sha256() {}

  /**
   * Digest of a file, read in chunks.
   *
   * @param storage where it is
   * @param path the file
   * @throws UncheckedIOException if it cannot be read
   */
  public static String of(Storage storage, String path) {
    MessageDigest digest = sha256();
    try (ByteSource source = storage.open(path)) {
      ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK, Math.max(source.length(), 1)));
      for (long at = 0; at < source.length(); at += chunk.capacity()) {
        chunk.clear().limit((int) Math.min(chunk.capacity(), source.length() - at));
        source.read(at, chunk);
        digest.update(chunk.flip());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(path + " could not be read", e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * Digest of a text in UTF-8.
   *
   * @param text the text
   */
  public static String of(String text) {
    return HexFormat.of().formatHex(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
