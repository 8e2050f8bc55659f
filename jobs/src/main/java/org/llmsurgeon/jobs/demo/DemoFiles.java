package org.llmsurgeon.jobs.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The files of the demo, as they lie on the class path and in the folders made from it. */
final class DemoFiles {
  /** Folder of the model. */
  static final String MODEL = "model";

  /** Folder of the texts. */
  static final String TEXT = "text";

  /** Text for calibration. */
  static final String CALIBRATION = TEXT + "/calibration.txt";

  /** Text for the perplexity. */
  static final String TEST = TEXT + "/test.txt";

  static final String CONFIG = MODEL + "/config.json";
  static final String TOKENIZER = MODEL + "/tokenizer.json";
  static final String WEIGHTS = MODEL + "/model.safetensors";

  /** Files that are written by hand; a tool among the tests makes the others. */
  static final List<String> GIVEN =
      List.of(CONFIG, MODEL + "/generation_config.json", MODEL + "/tokenizer_config.json");

  /** Files that the tool makes: text, tokenizer, and weights by training. */
  static final List<String> MADE = List.of(TOKENIZER, WEIGHTS, CALIBRATION, TEST);

  private DemoFiles() {}

  /**
   * Copies files of the demo out of the class path, and makes the folders above them.
   *
   * @param names some of the names above
   * @param folder where to; none of the files exists there
   */
  static void unpack(List<String> names, Path folder) {
    for (String name : names) {
      Path target = folder.resolve(name);
      try (InputStream in = DemoFiles.class.getResourceAsStream("/demo/" + name)) {
        if (in == null) {
          throw new IllegalStateException("the demo's " + name + " is not on the class path");
        }
        Files.createDirectories(target.getParent());
        Files.copy(in, target);
      } catch (IOException failed) {
        throw new UncheckedIOException(target + " could not be written", failed);
      }
    }
  }
}
