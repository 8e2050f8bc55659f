package org.llmsurgeon.checkpoint;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.llmsurgeon.InputException;

/** UTF-8 without forgiveness: a malformed byte is an error, never a replacement character. */
final class StrictText {
  private static final String LFS_POINTER = "version https://git-lfs";

  private StrictText() {}

  /**
   * Decodes UTF-8. A byte order mark at the start is an encoding mark and no text: it is dropped.
   *
   * @param bytes the whole text
   * @param where the file, for the message
   */
  static String decode(byte[] bytes, String where) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CoderResult result = decoder.decode(in, out, true);
    if (result.isError()) {
      throw new InputException(
          where + " is not UTF-8: byte " + in.position() + " is malformed; convert it to UTF-8");
    }
    decoder.flush(out);
    out.flip();
    boolean marked = out.hasRemaining() && out.get(0) == '\uFEFF';
    return (marked ? out.subSequence(1, out.length()) : out).toString();
  }

  /**
   * Refuses the small text file that git leaves where large files were not fetched.
   *
   * @param start the first bytes of a file, as many as there are up to 64
   * @param where the file, for the message
   */
  static void refuseLfsPointer(byte[] start, String where) {
    if (new String(start, StandardCharsets.ISO_8859_1).startsWith(LFS_POINTER)) {
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
  static int loneSurrogate(String text) {
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
