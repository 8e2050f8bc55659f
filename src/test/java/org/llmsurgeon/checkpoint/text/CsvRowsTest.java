package org.llmsurgeon.checkpoint.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.MemorySource;

@DisplayName("Comma-separated values")
class CsvRowsTest {
  private static List<String> rows(String text) {
    List<String> rows = new ArrayList<>();
    try (CsvRows csv = new CsvRows(source(text))) {
      for (JsonNode row = csv.next(); row != null; row = csv.next()) {
        rows.add(row.toString());
      }
    }
    return rows;
  }

  private static MemorySource source(String text) {
    return new MemorySource(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void areObjectsByTheNamesInTheFirstLine() {
    assertThat(rows("\ufeffa,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n\n,\"\""))
        .containsExactly("{\"a\":\"1\",\"b\":\"x, \\\"y\\\"\\nz\"}", "{\"a\":\"\",\"b\":\"\"}");
    assertThat(rows("")).isEmpty();
    assertThat(rows("a,b")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "a,b;1 | memory.safetensors, line 2, has 1 values, and the first line names 2 columns",
        "a;1;1,2 | memory.safetensors, line 3, has 2 values, and the first line names 1 columns",
        "a;\"1 | memory.safetensors, line 2, has a quote that is not closed",
        "a;\"1\"2 | memory.safetensors, line 2, goes on after a quote",
      })
  void areRefusedWithTheirLine(String text, String message) {
    assertThatThrownBy(() -> rows(text.replace(';', '\n')))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(message);
  }
}
