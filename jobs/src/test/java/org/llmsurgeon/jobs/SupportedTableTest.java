package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.model.architecture.Architectures;

@DisplayName("The README's table of architectures")
class SupportedTableTest {
  @Test
  void isThatOfTheRegistry() throws IOException {
    List<String> expected =
        Architectures.supported().stream()
            .map(
                each ->
                    "| `%s` | `%s` | %s |"
                        .formatted(each.architecture(), each.type(), each.models()))
            .toList();
    List<String> lines = Files.readAllLines(Checkout.file("README.md"));
    int first = lines.indexOf("| architecture | `model_type` | models |") + 2;
    int last = first;
    while (lines.get(last).startsWith("|")) {
      last++;
    }
    assertThat(lines.subList(first, last)).isEqualTo(expected);
  }
}
