package org.llmsurgeon.jobs.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Reason;
import org.llmsurgeon.checkpoint.storage.LocalStorage;

/**
 * The folder that a demo fills. A mark in it says that a demo made it, so that the next demo may
 * replace what the last one left, and nothing else.
 *
 * @param path the folder
 */
record DemoFolder(Path path) {
  /** Name of the mark. */
  static final String MARK = ".surgeon-demo";

  /** Folder of the model pruned by coupled units. */
  static final String UNITS = "pruned";

  /** Folder of the model pruned by rows and columns. */
  static final String ROWS_AND_COLUMNS = "rows-and-columns";

  /** Folder of the model pruned by magnitude. */
  static final String MAGNITUDE = "magnitude";

  /** The dense model. */
  Path model() {
    return path.resolve(DemoFiles.MODEL);
  }

  /**
   * Makes the folder with the demo's model and texts in it; what an earlier demo left is replaced.
   *
   * @throws InputException if the folder holds anything and no demo made it
   */
  void prepare() {
    try {
      if (Files.exists(path) && !Files.exists(path.resolve(MARK)) && !isEmptyFolder()) {
        throw new InputException(
            "The output " + path + " holds something that no demo made; choose another --output.");
      }
      Files.createDirectories(path);
      if (!Files.exists(path.resolve(MARK))) {
        Files.writeString(path.resolve(MARK), "Made by 'surgeon demo', which may replace it.\n");
      }
    } catch (IOException failed) {
      throw new InputException(
          "The output "
              + path
              + " cannot be written ("
              + (failed instanceof NoSuchFileException
                  ? "no folder can be made there"
                  : Reason.of(failed))
              + "); choose another --output.",
          failed);
    }
    for (String name :
        List.of(DemoFiles.MODEL, DemoFiles.TEXT, UNITS, ROWS_AND_COLUMNS, MAGNITUDE)) {
      new LocalStorage().delete(path.resolve(name).toString(), true);
    }
    DemoFiles.unpack(DemoFiles.GIVEN, path);
    DemoFiles.unpack(DemoFiles.MADE, path);
  }

  private boolean isEmptyFolder() throws IOException {
    if (!Files.isDirectory(path)) {
      return false;
    }
    try (Stream<Path> content = Files.list(path)) {
      return content.findAny().isEmpty();
    }
  }
}
