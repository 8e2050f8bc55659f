package org.llmsurgeon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All that is public says what it is for. */
class DocumentedTest {
  @TempDir Path folder;

  @Test
  void everythingPublicIsDescribed() throws IOException {
    assertThat(Documented.missing(Path.of("main", "java"))).isEmpty();
  }

  @Test
  void whatIsNotIsNamed() throws IOException {
    String text = "/** A. */\npublic class A {\n  /** B. */\n  public int b;\n  public int c;\n}\n";
    Files.writeString(folder.resolve("A.java"), text);
    assertThat(Documented.missing(folder)).singleElement().asString().endsWith("A.java:5");
  }
}
