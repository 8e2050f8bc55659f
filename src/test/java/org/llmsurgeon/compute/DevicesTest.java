package org.llmsurgeon.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;

class DevicesTest {
  @Test
  void aDeviceIsFoundByItsName() {
    assertThat(Devices.names()).containsExactly("cpu", "cuda");
    try (Device device = Devices.open("cpu", Devices.FIRST)) {
      assertThat(device.name()).isEqualTo("cpu");
      assertThat(device.multiplyingIn(ProductPrecision.TF32)).isSameAs(device);
      assertThat(device.ownMemory()).isEmpty();
    }
    assertThatThrownBy(() -> Devices.open("gpu", Devices.FIRST))
        .isInstanceOf(InputException.class)
        .hasMessage("There is no device 'gpu'; choose one of cpu, cuda.");
  }
}
