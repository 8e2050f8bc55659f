package org.llmsurgeon.pipeline;

import java.io.IOException;
import java.nio.file.Path;
import org.llmsurgeon.checkpoint.TinyTokenizers;
import org.llmsurgeon.model.ReferenceModel;

/** Encoders of two small blocks with a tokenizer of a few words, and texts of these. */
public final class TinyEncoders {
  private static final String[] WORDS = {"the", "cat", "cats", "sat", "dog", "dogs", "ran"};

  private TinyEncoders() {}

  /**
   * Writes one as a folder.
   *
   * @param name of the reference model, as {@code bert-pair} or {@code bert-embedding}
   * @param folder a folder, or none yet
   */
  public static Path model(String name, Path folder) throws IOException {
    try (ReferenceModel model = ReferenceModel.open(name)) {
      return ReferenceFolder.write(model, folder, TinyTokenizers.wordPiece().toString());
    }
  }

  /** One to four words, the same for the same seed. */
  public static String text(int seed) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 1 + seed % 4; i++) {
      text.append(i == 0 ? "" : " ").append(WORDS[(seed * 5 + i * 3) % WORDS.length]);
    }
    return text.toString();
  }
}
