package org.llmsurgeon.compute.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;

class DeviceBenchmarkTest {
  private static final BlockShape SHAPE = new BlockShape(16, 40, 2, 8);

  @Test
  void everyStepIsMeasuredAsItComes() {
    List<Measurement> told = new ArrayList<>();
    try (Device device = CpuDevice.create()) {
      List<Measurement> all = new DeviceBenchmark(device, SHAPE, 3, told::add).run();
      assertThat(told).isEqualTo(all);
      assertThat(all)
          .extracting(Measurement::name)
          .containsExactly(
              "product 32 x 32 x 32",
              "block of width 16, inner width 40, 2 heads, 8 tokens: forward and backward",
              "block of width 16, inner width 40, 2 heads, 8 tokens: with factors",
              "Cholesky of 40 x 40 in single",
              "Cholesky and inverse of 40 x 40 in single",
              "Cholesky of 40 x 40 in double",
              "Cholesky and inverse of 40 x 40 in double",
              "cut of 8 inputs of 16 x 40");
      assertThat(all)
          .allSatisfy(
              each -> {
                assertThat(each.seconds()).isPositive();
                assertThat(each.rate()).isEqualTo(each.flops() / each.seconds());
              });
      assertThat(device.memory().orElseThrow().bytes()).as("left open").isZero();
    }
  }

  @Test
  void theBlockOfTheBenchmarkIsComputedRight() {
    try (Device oracle = new ReferenceDevice();
        Device device = CpuDevice.create();
        Block expected = new Block(oracle, SHAPE);
        Block actual = new Block(device, SHAPE)) {
      for (Block each : List.of(expected, actual)) {
        each.pass();
        each.addFactors();
      }
      Map<String, Tensor> right = expected.results();
      actual
          .results()
          .forEach(
              (name, tensor) ->
                  Tolerances.assertClose(
                      name,
                      device.values(tensor),
                      oracle.values(right.get(name)),
                      Tolerances.NETWORK_GRADIENT));
    }
  }

  @Test
  void operationsAreCountedAsTheyAreNeeded() {
    assertThat(BlockShape.LLAMA_7B.passFlops()).isBetween(3.79e12, 3.81e12);
    assertThat(BlockShape.LLAMA_7B.factorFlops()).isBetween(2.03e12, 2.05e12);
  }
}
