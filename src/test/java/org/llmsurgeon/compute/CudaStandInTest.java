package org.llmsurgeon.compute;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.llmsurgeon.compute.cuda.driver.StandIn;

/**
 * The contract on the cuda device over the library that stands in for CUDA's; of the faster
 * products, what they change.
 */
class CudaStandInTest {
  @BeforeAll
  static void build() {
    StandIn.use();
  }

  @Nested
  class InSinglePrecision extends DeviceContract implements CudaUnderTest {
    @Override
    public ProductPrecision products() {
      return ProductPrecision.FLOAT32;
    }
  }

  @Nested
  class InTf32 implements CudaUnderTest, ProductContract {
    @Override
    public ProductPrecision products() {
      return ProductPrecision.TF32;
    }
  }

  @Nested
  class InBfloat16 implements CudaUnderTest, ProductContract {
    @Override
    public ProductPrecision products() {
      return ProductPrecision.BFLOAT16;
    }
  }
}
