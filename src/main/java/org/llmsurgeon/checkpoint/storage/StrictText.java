package org.llmsurgeon.checkpoint.storage;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.llmsurgeon.InputException;

/** UTF-8 without forgiveness: a malformed byte is an error, never a replacement character. */
public final class StrictText {
  private static final String LFS_POINTER = "version https://git-lfs";

  private StrictText() {}

  /**
   * Decodes UTF-8. A byte order mark at the start is an encoding mark and no text: it is dropped.
   *
   * @param bytes the whole text
   * @param where the file, for the message
   */
  public static String decode(byte[] bytes, String where) {
    return withoutMark(decode(bytes, () -> where));
  }

  /**
   * Decodes UTF-8, every character.
   *
   * @param bytes whole characters
   * @param where the place, for the message
   */
  public static String decode(byte[] bytes, Supplier<String> where) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CharsetDecoder decoder = decoder();
    CoderResult result = decoder.decode(in, out, true);
    if (result.isError()) {
      throw malformed(where.get(), in.position());
    }
    decoder.flush(out);
    return out.flip().toString();
  }

  /** A decoder that reports what is malformed. */
  public static CharsetDecoder decoder() {
    return StandardCharsets.UTF_8
        .newDecoder()
        .onMalformedInput(CodingErrorAction.REPORT)
        .onUnmappableCharacter(CodingErrorAction.REPORT);
  }

  /**
   * What to say of a malformed byte.
   *
   * @param where the place
   * @param at position of the byte
   */
  public static InputException malformed(String where, long at) {
    return new InputException(
        where + " is not UTF-8: byte " + at + " is malformed; convert it to UTF-8");
  }

  /**
   * Drops a byte order mark.
   *
   * @param text the start of a file
   */
  public static String withoutMark(String text) {
    return text.startsWith("\uFEFF") ? text.substring(1) : text;
  }

  /**
   * Refuses the small text file that git leaves where large files were not fetched.
   *
   * @param start the first bytes of a file, as many as there are up to 64
   * @param where the file, for the message
   */
  public static void refuseLfsPointer(byte[] start, String where) {
    refuseLfsPointer(new String(start, StandardCharsets.ISO_8859_1), where);
  }

  /**
   * As {@link #refuseLfsPointer(byte[], String)}, for text.
   *
   * @param start the first characters of a file
   * @param where the file, for the message
   */
  public static void refuseLfsPointer(String start, String where) {
    if (start.startsWith(LFS_POINTER)) {
      throw new InputException(
          where
              + " is a git-lfs pointer, not the file itself; run \"git lfs pull\" in its folder or"
              + " download it again");
    }
  }

  /**
   * Where a text holds half a surrogate pair, which no UTF-8 can express.
   *
   * @param text any text
   * @return index of the first, or -1
   */
  public static int loneSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      boolean pair =
          Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (!pair) {
        return i;
      }
      i++;
    }
    return -1;
  }
}
