package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.surgery.FactorKey;
import org.llmsurgeon.surgery.FactorKind;

class FactorGroupTest {
  // 8 bytes for each of 1, 3, 6, 10, 15 numbers.
  private static final List<FactorKey> KEYS =
      java.util.stream.IntStream.rangeClosed(1, 5)
          .mapToObj(size -> new FactorKey("layer " + size, FactorKind.A, size))
          .toList();

  @Test
  void groupsHoldAsManyNeighboursAsFit() {
    assertThat(FactorGroup.plan(KEYS, 8 * 10))
        .containsExactly(
            new FactorGroup(0, 0, 3), new FactorGroup(1, 3, 4), new FactorGroup(2, 4, 5));
  }

  @Test
  void aFactorThatDoesNotFitIsAGroupOfItsOwn() {
    assertThat(FactorGroup.plan(KEYS, 1)).hasSize(5);
  }

  @Test
  void oneGroupIsEnoughWhereAllFit() {
    assertThat(FactorGroup.plan(KEYS, 8 * 35)).containsExactly(new FactorGroup(0, 0, 5));
    assertThat(FactorGroup.plan(List.of(), 100)).isEmpty();
  }
}
