package org.llmsurgeon.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.llmsurgeon.Tolerances.assertClose;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.FactorHealth;
import org.llmsurgeon.pruning.element.ElementSurgery;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.layer.ElementUpdate;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.pruning.layer.LiveLayer;
import org.llmsurgeon.pruning.structure.ElementMask;

class FactorHealthTest {
  private final Device device = CpuDevice.create();

  /** Its {@code G} has the eigenvalue -0.5; damping of 0.01 must rise to 1. */
  private final RandomLayer indefinite =
      new RandomLayer(
          new double[][] {{1, 2, 0}, {3, 4, 0}},
          new double[][] {{1, 1.5}, {1.5, 1}},
          new double[][] {{2, 1, 0}, {1, 4, 0}, {0, 0, 1}});

  @Test
  void aLayerSaysWhatItsFactorsNeeded() {
    try (TensorScope scope = new TensorScope(device);
        LayerSurgery surgery = indefinite.surgery(scope, new Damping(0.01, 0.01))) {
      assertThat(surgery.health())
          .containsExactly(
              new FactorHealth(
                  "G of layer 1", 2, 0, new FactorHealth.Diagonal(1, 1, 2), null, 0.01, 0),
              new FactorHealth(
                  "A of layer 1", 2, 1, new FactorHealth.Diagonal(2, 4, 6), null, 0.03, 0));
      surgery.costs(CostKind.OBS);
      List<FactorHealth> health = surgery.health();
      assertThat(health.get(0).retries()).isEqualTo(2);
      assertThat(health.get(0).damping()).isEqualTo(surgery.dampingConstantG());
      assertClose("damping", health.get(0).damping(), 1, 1e-14);
      assertThat(health.get(1).retries()).isZero();
      assertThat(health.get(1).condition()).isGreaterThan(1);
    }
  }

  @Test
  void aRaisedDampingHoldsForCostsAndUpdatesAlike() {
    ElementMask mask = new ElementMask(2, 3);
    mask.remove(0, 1);
    mask.remove(1, 0);
    try (TensorScope scope = new TensorScope(device);
        ElementSurgery raised = surgery(scope, new Damping(0.01, 0.01));
        ElementSurgery asked = surgery(scope, new Damping(1, 0.01))) {
      ElementUpdate update = new ElementUpdate.Full(1e-13, 0, 100);
      double[] cut = device.values(scope.own(raised.cut(mask, update).weight()));
      double[] expected = device.values(scope.own(asked.cut(mask, update).weight()));
      assertClose("weight", cut, expected, 1e-10);
    }
  }

  @Test
  void aLayerWithoutItsFreeRowsKeepsTheRaisedDamping() {
    try (TensorScope scope = new TensorScope(device);
        LayerSurgery surgery = indefinite.surgery(scope, new Damping(0.01, 0.01))) {
      surgery.costs(CostKind.OBS);
      try (LiveLayer rest = surgery.live().withoutRows(new int[] {0})) {
        assertThat(rest.outputs().dampingConstant()).isEqualTo(surgery.dampingConstantG());
      }
    }
  }

  @Test
  void randomFactorsNeedNoRetry() {
    RandomLayer layer = RandomLayer.of(new Random(1), 5, 7);
    try (TensorScope scope = new TensorScope(device);
        LayerSurgery surgery = layer.surgery(scope, Damping.DEFAULT)) {
      surgery.costs(CostKind.OBS);
      assertThat(surgery.health()).allMatch(each -> each.retries() == 0);
    }
  }

  private ElementSurgery surgery(TensorScope scope, Damping damping) {
    return new ElementSurgery(
        device,
        "layer 1",
        RandomLayer.tensor(scope, indefinite.weight()),
        indefinite.factors(scope, CurvatureKind.KFAC),
        damping);
  }
}
