package org.llmsurgeon.pipeline.text;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.pipeline.run.RunDirectory;

/** Reads anywhere in the tokens of a text that lie in several files; one of them is open. */
final class TokenReader implements AutoCloseable {
  private final RunDirectory run;
  private final List<TokenFile> files;
  private final long[] begins;
  private int opened = -1;
  private ByteSource source;

  /**
   * @param run the run directory
   * @param files the tokens, in order
   */
  TokenReader(RunDirectory run, List<TokenFile> files) {
    this.run = run;
    this.files = files;
    this.begins = new long[files.size() + 1];
    for (int i = 0; i < files.size(); i++) {
      begins[i + 1] = begins[i] + files.get(i).tokens();
    }
  }

  /**
   * Reads some tokens. Places that rise are fastest.
   *
   * @param start first token of the text
   * @param count how many
   */
  int[] read(long start, int count) {
    int[] tokens = new int[count];
    int file = 0;
    while (begins[file + 1] <= start) {
      file++;
    }
    int done = 0;
    while (done < count) {
      long at = start + done;
      int part = (int) Math.min(count - done, begins[file + 1] - at);
      ByteBuffer bytes = ByteBuffer.allocate(part * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      if (part > 0) {
        fill(file, (at - begins[file]) * Integer.BYTES, bytes);
      }
      bytes.flip().asIntBuffer().get(tokens, done, part);
      done += part;
      file++;
    }
    return tokens;
  }

  private void fill(int file, long offset, ByteBuffer bytes) {
    if (file != opened) {
      close();
      source = run.storage().open(run.resolve(files.get(file).path()));
      opened = file;
    }
    try {
      source.read(offset, bytes);
    } catch (IOException failure) {
      throw new UncheckedIOException(source.name() + " could not be read", failure);
    }
  }

  @Override
  public void close() {
    if (source == null) {
      return;
    }
    try {
      source.close();
      source = null;
      opened = -1;
    } catch (IOException failure) {
      throw new UncheckedIOException("tokens could not be closed", failure);
    }
  }
}
