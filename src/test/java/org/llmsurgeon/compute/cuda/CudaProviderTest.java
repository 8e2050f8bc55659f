package org.llmsurgeon.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CudaProviderTest {
  @Test
  void addressesAreNumbersOrStandInTheVisibleDevices() {
    assertThat(CudaProvider.ordinal("3", null)).isEqualTo(3);
    assertThat(CudaProvider.ordinal("3", "2, 3")).isEqualTo(1);
    assertThat(CudaProvider.ordinal("0", "2,3")).isZero();
    assertThat(CudaProvider.ordinal("GPU-ab", "GPU-cd,GPU-ab")).isEqualTo(1);
    assertThatThrownBy(() -> CudaProvider.ordinal("GPU-ab", null))
        .hasMessageContaining("'GPU-ab' is no number and not in CUDA_VISIBLE_DEVICES");
  }
}
