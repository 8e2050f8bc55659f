package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.model.ModelConfig;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.surgery.CurvatureRule;
import org.llmsurgeon.surgery.FactorKey;
import org.llmsurgeon.surgery.FactorPass;
import org.llmsurgeon.surgery.FactorPlan;

class FactorGroupTest {
  private static final long[] BYTES = {8, 24, 48, 80, 120};

  @Test
  void groupsHoldAsManyNeighboursAsFit() {
    assertThat(FactorGroup.ranges(BYTES, 80))
        .containsExactly(new int[] {0, 3}, new int[] {3, 4}, new int[] {4, 5});
  }

  @Test
  void aFactorThatDoesNotFitIsAGroupOfItsOwn() {
    assertThat(FactorGroup.ranges(BYTES, 1)).hasSize(5);
  }

  @Test
  void oneGroupIsEnoughWhereAllFit() {
    assertThat(FactorGroup.ranges(BYTES, 280)).containsExactly(new int[] {0, 5});
    assertThat(FactorGroup.ranges(new long[0], 100)).isEmpty();
  }

  @Test
  void theGroupsOfEachPassCoverItsFactors() {
    ModelConfig config = TinyModels.llama();
    for (CurvatureKind kind : CurvatureKind.values()) {
      List<FactorPass> passes = FactorPlan.passes(new CurvatureRule(kind));
      List<FactorGroup> groups = FactorGroup.plan(config, passes, 2000);
      for (FactorPass pass : passes) {
        List<FactorKey> covered = new ArrayList<>();
        groups.stream()
            .filter(group -> group.pass() == pass.index())
            .forEach(group -> covered.addAll(group.of(pass.keys(config))));
        assertThat(covered).isEqualTo(pass.keys(config));
      }
      assertThat(groups).extracting(FactorGroup::index).doesNotHaveDuplicates();
    }
  }
}
