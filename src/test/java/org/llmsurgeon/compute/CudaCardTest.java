package org.llmsurgeon.compute;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The contract on a real card, where somebody says that there is one. */
@EnabledIfSystemProperty(
    named = "surgeon.test.card",
    matches = "true",
    disabledReason = "needs a CUDA card, and -Dsurgeon.test.card=true")
class CudaCardTest {
  @Nested
  class InSinglePrecision extends DeviceContract implements CudaUnderTest {
    @Override
    public ProductPrecision products() {
      return ProductPrecision.FLOAT32;
    }
  }

  @Nested
  class InTf32 extends DeviceContract implements CudaUnderTest {
    @Override
    public ProductPrecision products() {
      return ProductPrecision.TF32;
    }
  }

  @Nested
  class InBfloat16 extends DeviceContract implements CudaUnderTest {
    @Override
    public ProductPrecision products() {
      return ProductPrecision.BFLOAT16;
    }
  }
}
