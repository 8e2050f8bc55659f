package org.llmsurgeon.compute.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.DeviceContract;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.Workspace;

/** The reference device, and what it promises beyond the contract. */
class ReferenceDeviceTest extends DeviceContract {
  private final Device device = new ReferenceDevice();

  @Override
  public Device device() {
    return device;
  }

  /** It computes in double whatever the precision says. */
  @Override
  public Tolerances.Level tolerances(Precision precision) {
    return Tolerances.DOUBLE;
  }

  @Test
  void singleTensorsKeepDoubles() {
    try (Workspace work = workspace(Precision.SINGLE)) {
      assertThat(work.values(work.tensor(1, 2, 0.1, 1 + 1e-15))).containsExactly(0.1, 1 + 1e-15);
    }
  }

  @Test
  void emptyTensorsShowThatTheyWereNotWritten() {
    Tensor empty = device.empty(Precision.SINGLE, 2, 2);
    assertThat(device.firstNonFinite(empty)).isZero();
  }

  @Test
  void outputsThatOverlapInputsAreRefused() {
    try (Workspace work = workspace(Precision.DOUBLE)) {
      Tensor whole = work.zeros(6, 3);
      Tensor upper = whole.rowRange(0, 3);
      assertThatThrownBy(() -> device.multiply(1, upper, work.zeros(3, 3), 0, whole.rowRange(2, 5)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("overlaps");
      device.multiply(1, upper, work.zeros(3, 3), 0, whole.rowRange(3, 6));
    }
  }

  @Test
  void tensorsOfOtherDevicesAreRefused() {
    Tensor foreign = new ForeignTensor();
    assertThatThrownBy(() -> device.scale(1, foreign))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("reference device");
  }

  @Test
  void errorFunctionHasItsKnownValues() {
    // Computed to 25 digits; the first ten as in Abramowitz and Stegun, table 7.1
    double[] x = {0, 0.1, 0.5, 1, 1.5, 2, 2.5, 3, 4, 6};
    double[] erf = {
      0,
      0.112462916018284892,
      0.520499877813046538,
      0.842700792949714869,
      0.966105146475310727,
      0.995322265018952734,
      0.999593047982555041,
      0.999977909503001415,
      0.999999984582742100,
      1
    };
    for (int i = 0; i < x.length; i++) {
      Tolerances.assertClose("erf(" + x[i] + ")", ErrorFunction.erf(x[i]), erf[i], 1e-15);
      Tolerances.assertClose("erf(-" + x[i] + ")", ErrorFunction.erf(-x[i]), -erf[i], 1e-15);
    }
  }

  @Test
  void complementKeepsItsDigitsWhereItIsSmall() {
    double[] x = {2, 3, 5, 10, 26};
    double[] complement = {
      4.677734981047265838e-3,
      2.209049699858544137e-5,
      1.537459794428034850e-12,
      2.088487583762544757e-45,
      5.663192408856142846e-296
    };
    for (int i = 0; i < x.length; i++) {
      String what = "erfc(" + x[i] + ")";
      Tolerances.assertClose(what, ErrorFunction.complement(x[i]), complement[i], 1e-13);
      Tolerances.assertClose("-" + what, ErrorFunction.complement(-x[i]), 2 - complement[i], 0);
    }
    assertThat(ErrorFunction.complement(Double.POSITIVE_INFINITY)).isZero();
    assertThat(ErrorFunction.complement(Double.NaN)).isNaN();
  }

  @Test
  void theTwoFormulasOfTheErrorFunctionMeet() {
    double below = ErrorFunction.erf(Math.nextDown(2.0));
    Tolerances.assertClose("erf below and at 2", below, ErrorFunction.erf(2), 1e-15);
  }

  /** A tensor that no device made. */
  private static final class ForeignTensor implements Tensor {
    @Override
    public int rows() {
      return 1;
    }

    @Override
    public int columns() {
      return 1;
    }

    @Override
    public Precision precision() {
      return Precision.SINGLE;
    }

    @Override
    public Tensor rowRange(int from, int to) {
      return this;
    }

    @Override
    public Tensor reshape(int rows, int columns) {
      return this;
    }

    @Override
    public void close() {}
  }
}
