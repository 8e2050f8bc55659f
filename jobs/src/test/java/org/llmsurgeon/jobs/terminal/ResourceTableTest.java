package org.llmsurgeon.jobs.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.pipeline.forecast.ResourceUse;

class ResourceTableTest {
  private static final long MEBI = 1 << 20;

  @Test
  void whatWasPlannedStandsBeforeWhatWasNeeded() {
    ResourceUse.Stage cut =
        new ResourceUse.Stage(
            "cut",
            new ResourceUse.Amount(3, 10, 4 * MEBI, 2 * MEBI, 500 * MEBI, 900 * MEBI),
            new ResourceUse.Amount(4, 12.5, 5 * MEBI, 2 * MEBI, 450 * MEBI, 800 * MEBI));
    String text =
        ResourceTable.text(
            new ResourceUse(
                List.of(cut),
                new ResourceUse.Need(10, 4 * MEBI, 2 * MEBI, MEBI, 500 * MEBI, 7 * MEBI),
                new ResourceUse.Need(12.5, 5 * MEBI, 2 * MEBI, MEBI, null, 8 * MEBI)));

    assertThat(text.lines().filter(line -> line.startsWith("cut")).findFirst().orElseThrow())
        .contains(
            "3 / 4", "10.0 / 12.5", "4.0 MiB / 5.0 MiB", "500 MiB / 450 MiB", "900 MiB / 800 MiB");
    assertThat(text)
        .contains(
            "a process, at most: 500 MiB / unknown, run directory: 7.0 MiB / 8.0 MiB,"
                + " driver: 1.0 MiB");
  }
}
