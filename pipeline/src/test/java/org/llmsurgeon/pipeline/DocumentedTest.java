package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.Documented;

/** All that is public says what it is for. */
class DocumentedTest {
  @Test
  void everythingPublicIsDescribed() throws IOException {
    assertThat(Documented.missing(Path.of("src", "main", "java"))).isEmpty();
  }
}
