package org.llmsurgeon.surgery.calibrate;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.FactorOutline;
import org.llmsurgeon.curvature.InverseStore;

/** Where the reduced factors of a shot come from. */
public interface FactorSource {
  /** No factors, as before the first pass. */
  FactorSource NONE =
      new FactorSource() {
        @Override
        public Tensor load(FactorKey key, Device device) {
          throw new IllegalArgumentException("no factor " + key.label());
        }

        @Override
        public CalibrationSize size() {
          return CalibrationSize.NONE;
        }
      };

  /**
   * A factor as a mean over tokens, not balanced.
   *
   * @param key which one
   * @param device where it is wanted
   * @return full and symmetric, {@code [n, n]}, single precision; the caller owns it
   */
  Tensor load(FactorKey key, Device device);

  /**
   * As {@link #load}, in double precision; at once where the source can, since each pass over a
   * factor takes time.
   */
  default Tensor exact(FactorKey key, Device device) {
    try (TensorScope scope = new TensorScope(device)) {
      Tensor single = scope.own(load(key, device));
      Tensor exact = scope.empty(Precision.DOUBLE, single.rows(), single.columns());
      device.copy(single, exact);
      return scope.release(exact);
    }
  }

  /**
   * What is known of a symmetric factor without its products of different lines; of less than all
   * of it where the source can.
   *
   * @param key which one
   * @param device where to compute
   */
  default FactorOutline outline(FactorKey key, Device device) {
    try (Tensor full = load(key, device)) {
      return FactorOutline.of(full, device);
    }
  }

  /** Data that the means are over. */
  CalibrationSize size();

  /** Where damped inverses of these factors stay. */
  default InverseStore inverses() {
    return InverseStore.NONE;
  }

  /** Tokens that the means are over; 0 for a curvature that needs no data. */
  default long tokens() {
    return size().tokens();
  }
}
