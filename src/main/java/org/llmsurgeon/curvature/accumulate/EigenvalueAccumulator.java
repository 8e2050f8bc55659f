package org.llmsurgeon.curvature.accumulate;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;

/**
 * Corrected eigenvalues of EKFAC (George et al., NeurIPS 2018) while they are gathered: {@code s_ij
 * = sum_t (u_i . g_t)^2 (v_j . a_t)^2} over tokens, with {@code u} and {@code v} eigenvectors of
 * {@code G} and {@code A} (method, section 1). It needs both sides of a token together; sums of
 * parts add up.
 */
public final class EigenvalueAccumulator implements AutoCloseable {
  private final Device device;
  private final Projection outputs;
  private final Projection inputs;
  private final Tensor sum;

  /**
   * An empty sum.
   *
   * @param device where it is kept
   * @param basisG rows are directions over outputs, {@code [m, out]}: eigenvectors of {@code G},
   *     with zeros at dead outputs
   * @param basisA rows are directions over inputs, {@code [n, in]}, the bias entry last
   * @param input of the tokens' inputs; its size is the width of {@code basisA}
   */
  public EigenvalueAccumulator(Device device, Tensor basisG, Tensor basisA, TokenShape input) {
    this.device = device;
    this.outputs = new Projection(device, new TokenShape(basisG.columns(), false), basisG);
    this.inputs = new Projection(device, input, basisA);
    this.sum = device.zeros(Precision.DOUBLE, basisG.rows(), basisA.rows());
  }

  /** The sum {@code [m, n]}, double; this accumulator's own memory, not a copy. */
  public Tensor sum() {
    return sum;
  }

  /**
   * Adds some tokens.
   *
   * @param a {@code [tokens, in]}, without the bias entry
   * @param g {@code [tokens, out]}, the same tokens
   */
  public void add(Tensor a, Tensor g) {
    if (a.rows() != g.rows() || a.precision() != g.precision()) {
      throw new IllegalArgumentException(
          a.rows() + " and " + g.rows() + " tokens, or of different precision");
    }
    if (a.rows() == 0) {
      return;
    }
    try (TensorScope work = new TensorScope(device)) {
      Tensor squaresG = outputs.squares(work, g);
      Tensor squaresA = inputs.squares(work, a);
      Tensor part = work.empty(a.precision(), sum.rows(), sum.columns());
      device.multiply(1, squaresG.transposed(), squaresA, 0, part);
      device.add(1, part, sum);
    }
  }

  @Override
  public void close() {
    outputs.close();
    inputs.close();
    sum.close();
  }

  /** Tokens along directions, squared, in the precision of the tokens. */
  private static final class Projection implements AutoCloseable {
    private final Device device;
    private final TokenShape shape;
    private final Tensor basis;
    private Tensor directions;
    private Tensor offsets;

    Projection(Device device, TokenShape shape, Tensor basis) {
      if (basis.columns() != shape.size()) {
        throw new IllegalArgumentException(
            "a basis [" + basis.rows() + ", " + basis.columns() + "] over " + shape);
      }
      this.device = device;
      this.shape = shape;
      this.basis = basis;
    }

    Tensor squares(TensorScope work, Tensor tokens) {
      shape.check(tokens);
      if (directions == null || directions.precision() != tokens.precision()) {
        close();
        split(tokens.precision());
      }
      Tensor along = work.empty(tokens.precision(), tokens.rows(), basis.rows());
      device.multiply(1, tokens, directions.transposed(), 0, along);
      if (shape.bias()) {
        Tensor ones = OnesColumn.of(work, tokens.precision(), tokens.rows());
        device.multiply(1, ones, offsets, 1, along);
      }
      Tensor squares = work.empty(tokens.precision(), along.rows(), along.columns());
      device.copy(along, squares);
      device.multiplyElements(along, squares);
      return squares;
    }

    /** The directions in the tokens' precision, and what each takes from the last entry 1. */
    private void split(Precision precision) {
      directions = device.empty(precision, basis.rows(), shape.width());
      try (TensorScope work = new TensorScope(device)) {
        Tensor rounded = work.empty(precision, basis.rows(), basis.columns());
        device.copy(basis, rounded);
        int[] inner = new int[shape.width()];
        for (int i = 0; i < inner.length; i++) {
          inner[i] = i;
        }
        device.gather(rounded, null, inner, directions);
        if (shape.bias()) {
          Tensor last = work.empty(precision, basis.rows(), 1);
          device.gather(rounded, null, new int[] {shape.width()}, last);
          offsets = device.empty(precision, 1, basis.rows());
          device.copy(last.reshape(1, basis.rows()), offsets);
        }
      }
    }

    @Override
    public void close() {
      if (directions != null) {
        directions.close();
      }
      if (offsets != null) {
        offsets.close();
      }
    }
  }
}
