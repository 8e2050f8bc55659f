package org.llmsurgeon.pipeline.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;

class WriteProbeTest {
  @TempDir private Path temp;
  private final HadoopStorage storage = new HadoopStorage(new Configuration(false));

  @Test
  void nothingIsLeftWhereItCanBeWritten() throws IOException {
    Files.createDirectory(temp.resolve("there"));
    WriteProbe.require(storage, temp.resolve("there").toString(), "The output");
    WriteProbe.require(storage, temp.resolve("a/b/c").toString(), "The output");
    WriteProbe.requireFile(storage, temp.resolve("d/e.json").toString(), "The result");
    assertThat(temp.resolve("there")).isEmptyDirectory();
    assertThat(temp.toFile().list()).containsExactly("there");
  }

  @Test
  void aFolderIsNoFile() {
    assertThatThrownBy(() -> WriteProbe.requireFile(storage, temp.toString(), "The result"))
        .isInstanceOf(InputException.class)
        .hasMessage("The result is a folder; give a file.");
  }

  @EnabledOnOs(OS.LINUX)
  @Test
  void whatCannotBeWrittenIsSaidWithTheReason() {
    assertThatThrownBy(() -> WriteProbe.require(storage, "/proc/x/y", "The output /proc/x/y"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "The output /proc/x/y cannot be written (no folder can be made there); choose a place"
                + " in which files can be made.");
  }
}
