package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TextTableTest {
  @Test
  void numbersStandUnderEachOtherAndNamesToTheLeft() {
    TextTable table =
        new TextTable("", "dense", "pruned")
            .row("perplexity", "9.310", "12.001")
            .row("weights", "1,000,000", "5");

    assertThat(table.toString())
        .isEqualTo(
            """
                             dense   pruned
            ----------   ---------   ------
            perplexity       9.310   12.001
            weights      1,000,000        5
            """);
  }

  @Test
  void aColumnWithAWordInItIsText() {
    TextTable table =
        new TextTable("layer", "role", "share")
            .row("up", "up", "5.00 %")
            .row("q", "query", "12.50 %")
            .row("o", "2 or 3 of them", "");

    assertThat(table.toString())
        .isEqualTo(
            """
            layer   role               share
            -----   --------------   -------
            up      up                5.00 %
            q       query            12.50 %
            o       2 or 3 of them
            """);
  }

  @Test
  void aTableWithoutRowsIsItsHeader() {
    assertThat(new TextTable("stage", "seconds").toString())
        .isEqualTo("stage   seconds\n-----   -------\n");
  }

  @Test
  void aRowOfAnotherWidthIsRefused() {
    TextTable table = new TextTable("a", "b");
    assertThatThrownBy(() -> table.row("1")).isInstanceOf(IllegalArgumentException.class);
  }
}
