package org.llmsurgeon;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InputExceptionTest {
  @Test
  void namesFromFilesDoNotBreakTheLineOrTheTerminal() {
    String name = "a\r\n  b\u2028c\td\u001b[31m";
    assertThat(new InputException("no field \"" + name + "\""))
        .hasMessage("no field \"a b c?d?[31m\"");
    assertThat(new InputException(name, new IllegalStateException())).hasMessage("a b c?d?[31m");
  }
}
