package org.llmsurgeon.jobs.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;

/** A demo replaces what a demo left, and nothing else. */
class DemoFolderTest {
  @TempDir private Path parent;
  private Path path;

  @BeforeEach
  void choose() {
    path = parent.resolve("deep/demo");
  }

  @Test
  void aNewFolderHoldsModelAndTexts() {
    new DemoFolder(path).prepare();
    assertThat(path.resolve(DemoFolder.MARK)).exists();
    DemoFiles.GIVEN.forEach(name -> assertThat(path.resolve(name)).isNotEmptyFile());
    DemoFiles.MADE.forEach(name -> assertThat(path.resolve(name)).isNotEmptyFile());
  }

  @Test
  void anEmptyFolderIsTaken() throws IOException {
    Files.createDirectories(path);
    new DemoFolder(path).prepare();
    assertThat(path.resolve(DemoFiles.WEIGHTS)).exists();
  }

  @Test
  void whatADemoLeftIsReplacedAndTheRestIsKept() throws IOException {
    DemoFolder demo = new DemoFolder(path);
    demo.prepare();
    Files.writeString(path.resolve(DemoFiles.CONFIG), "spoilt");
    Files.createDirectories(path.resolve(DemoFolder.UNITS).resolve(".surgeon-run"));
    Files.createDirectories(path.resolve(DemoFolder.MAGNITUDE));
    Files.writeString(path.resolve("notes.txt"), "mine");
    demo.prepare();
    assertThat(path.resolve(DemoFiles.CONFIG)).content().startsWith("{");
    assertThat(path.resolve(DemoFolder.UNITS)).doesNotExist();
    assertThat(path.resolve(DemoFolder.MAGNITUDE)).doesNotExist();
    assertThat(path.resolve("notes.txt")).hasContent("mine");
  }

  @Test
  void aFolderOfSomebodyElseIsRefusedAndLeftAsItIs() throws IOException {
    Files.createDirectories(path.resolve(DemoFiles.MODEL));
    Files.writeString(path.resolve(DemoFiles.WEIGHTS), "precious");
    assertThatThrownBy(() -> new DemoFolder(path).prepare())
        .isInstanceOf(InputException.class)
        .hasMessageContaining(path.toString())
        .hasMessageContaining("--output");
    assertThat(path.resolve(DemoFiles.WEIGHTS)).hasContent("precious");
    assertThat(path.resolve(DemoFolder.MARK)).doesNotExist();
  }

  @Test
  void aFileIsRefused() throws IOException {
    Files.createDirectories(path.getParent());
    Files.writeString(path, "precious");
    assertThatThrownBy(() -> new DemoFolder(path).prepare()).isInstanceOf(InputException.class);
    assertThat(path).hasContent("precious");
  }
}
