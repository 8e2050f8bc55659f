package org.llmsurgeon.pipeline.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class FullDiskTest {
  /** The device of Linux that is always full: the system's own words. */
  @EnabledOnOs(OS.LINUX)
  @Test
  void aFileThatCouldNotBeWrittenIsNamed() {
    Throwable failure =
        catchThrowable(
            () -> {
              try (OutputStream out =
                  FullDisk.named(
                      "/data/x.bin", new BufferedOutputStream(new FileOutputStream("/dev/full")))) {
                out.write(new byte[10]);
              }
            });

    assertThat(FullDisk.sentence(new UncheckedIOException(new IOException("wrapped", failure))))
        .hasValueSatisfying(
            sentence ->
                assertThat(sentence)
                    .startsWith("the disk of /data/x.bin is full; make room")
                    .doesNotContain("Exception", "org."));
  }

  /** An unchecked exception has the words of its cause, and no file. */
  @Test
  void aFolderThatCouldNotBeMadeIsNamed() {
    IOException cause = new FileSystemException("/data/x", null, "No space left on device");
    assertThat(FullDisk.sentence(new UncheckedIOException(cause)).orElseThrow())
        .startsWith("the disk of /data/x is full; make room");
    assertThat(FullDisk.sentence(new IOException("No space left on device")).orElseThrow())
        .startsWith("the disk of this machine is full");
  }

  @Test
  void otherFailuresAreNone() throws IOException {
    assertThat(FullDisk.sentence(new IOException("connection lost"))).isEmpty();
    assertThat(FullDisk.sentence(new IOException())).isEmpty();
    OutputStream broken =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("connection lost");
          }
        };
    Throwable failure = catchThrowable(() -> FullDisk.named("/data/x.bin", broken).write(1));
    assertThat(failure).hasMessage("connection lost");
  }
}
