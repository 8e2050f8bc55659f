package org.llmsurgeon.jobs.terminal;

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

  /** On a terminal of 40 columns nothing is broken in the middle of a line. */
  @Test
  void aTableThatIsTooWideIsWrittenAsBlocks() {
    TextTable table =
        new TextTable("stage", "seconds", "memory", "what it is for")
            .row("accumulate", "12.5", "3.1 GiB", "")
            .row("cut", "1.0", "2.0 GiB", "removes what was chosen and updates the rest");
    assertThat(table.text(40))
        .isEqualTo(
            """
            stage accumulate
              seconds 12.5
              memory 3.1 GiB
            stage cut
              seconds 1.0
              memory 2.0 GiB
              what it is for removes what was chosen
              and updates the rest
            """);
    assertThat(table.text(200)).startsWith("stage        seconds    memory");
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
