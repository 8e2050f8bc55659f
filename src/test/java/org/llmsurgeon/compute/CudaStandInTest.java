package org.llmsurgeon.compute;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.llmsurgeon.compute.cuda.ProductPrecision;
import org.llmsurgeon.compute.cuda.StandIn;

/** The contract on the cuda device over the library that stands in for CUDA's. */
class CudaStandInTest {
  @BeforeAll
  static void build() {
    StandIn.use();
  }

  @Nested
  class InSinglePrecision extends CudaContract {
    InSinglePrecision() {
      super(ProductPrecision.FLOAT32);
    }
  }

  @Nested
  class InTf32 extends CudaContract {
    InTf32() {
      super(ProductPrecision.TF32);
    }
  }

  @Nested
  class InBfloat16 extends CudaContract {
    InBfloat16() {
      super(ProductPrecision.BFLOAT16);
    }
  }
}
