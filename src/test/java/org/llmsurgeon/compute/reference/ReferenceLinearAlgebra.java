package org.llmsurgeon.compute.reference;

import static org.llmsurgeon.compute.reference.ReferenceTensor.of;

import org.llmsurgeon.compute.LinearAlgebra;
import org.llmsurgeon.compute.Operand;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.Tensor;

/** Products and elementwise steps of {@link ReferenceDevice}, by definition. */
final class ReferenceLinearAlgebra {
  private ReferenceLinearAlgebra() {}

  /** See {@link LinearAlgebra#multiply}. */
  static void multiply(double alpha, Operand a, Operand b, double beta, Tensor c) {
    ReferenceTensor left = of(a.tensor());
    ReferenceTensor right = of(b.tensor());
    ReferenceTensor out = of(c);
    int inner = a.effectiveColumns();
    ShapeChecks.product(a, b, c);
    out.mustNotOverlap(left);
    out.mustNotOverlap(right);
    for (int i = 0; i < out.rows(); i++) {
      for (int j = 0; j < out.columns(); j++) {
        // c_ij = alpha sum_k a_ik b_kj + beta c_ij
        double sum = 0;
        for (int k = 0; k < inner; k++) {
          double x = a.isTransposed() ? left.at(k, i) : left.at(i, k);
          double y = b.isTransposed() ? right.at(j, k) : right.at(k, j);
          sum += x * y;
        }
        out.set(i, j, combined(alpha * sum, beta, out.at(i, j)));
      }
    }
  }

  /** See {@link LinearAlgebra#gram}. */
  static void gram(double alpha, Tensor x, double beta, Tensor c) {
    ReferenceTensor in = of(x);
    ReferenceTensor out = of(c);
    ShapeChecks.shape("c", c, x.columns(), x.columns());
    ShapeChecks.samePrecision(c, x);
    out.mustNotOverlap(in);
    for (int i = 0; i < out.rows(); i++) {
      for (int j = 0; j <= i; j++) {
        double product = alpha * columnDot(in, i, in, j);
        out.set(i, j, combined(product, beta, out.at(i, j)));
      }
    }
  }

  /** See {@link LinearAlgebra#addGramPacked}. */
  static void addGramPacked(double alpha, Tensor x, Tensor packed) {
    addProductPacked(alpha, x, x, packed);
  }

  /** See {@link LinearAlgebra#addProductPacked}. */
  static void addProductPacked(double alpha, Tensor x, Tensor y, Tensor packed) {
    ReferenceTensor left = of(x);
    ReferenceTensor right = of(y);
    ReferenceTensor out = of(packed);
    ShapeChecks.samePrecision(x, y);
    ShapeChecks.shape("y", y, x.rows(), x.columns());
    ShapeChecks.packed("packed", packed, x.columns());
    out.mustNotOverlap(left);
    out.mustNotOverlap(right);
    for (int i = 0; i < left.columns(); i++) {
      for (int j = 0; j <= i; j++) {
        long at = packedIndex(i, j);
        out.set(at, out.at(at) + alpha * columnDot(left, i, right, j));
      }
    }
  }

  /** See {@link LinearAlgebra#mirror}. */
  static void mirror(Tensor a) {
    ReferenceTensor matrix = of(a);
    ShapeChecks.square("a", a);
    for (int i = 0; i < matrix.rows(); i++) {
      for (int j = 0; j < i; j++) {
        matrix.set(j, i, matrix.at(i, j));
      }
    }
  }

  /** See {@link LinearAlgebra#unpack}. */
  static void unpack(Tensor packed, Tensor full) {
    ReferenceTensor in = of(packed);
    ReferenceTensor out = of(full);
    ShapeChecks.square("full", full);
    ShapeChecks.packed("packed", packed, full.rows());
    out.mustNotOverlap(in);
    for (int i = 0; i < out.rows(); i++) {
      for (int j = 0; j <= i; j++) {
        out.set(i, j, in.at(packedIndex(i, j)));
        out.set(j, i, in.at(packedIndex(i, j)));
      }
    }
  }

  /** See {@link LinearAlgebra#pack}. */
  static void pack(Tensor full, Tensor packed) {
    ReferenceTensor in = of(full);
    ReferenceTensor out = of(packed);
    ShapeChecks.square("full", full);
    ShapeChecks.packed("packed", packed, full.rows());
    out.mustNotOverlap(in);
    for (int i = 0; i < in.rows(); i++) {
      for (int j = 0; j <= i; j++) {
        out.set(packedIndex(i, j), in.at(i, j));
      }
    }
  }

  /** See {@link LinearAlgebra#add}. */
  static void add(double alpha, Tensor x, Tensor y) {
    ReferenceTensor in = of(x);
    ReferenceTensor out = of(y);
    ShapeChecks.sameShape("x", x, "y", y);
    for (long i = 0; i < out.size(); i++) {
      out.set(i, alpha * in.at(i) + out.at(i));
    }
  }

  /** See {@link LinearAlgebra#scale}. */
  static void scale(double alpha, Tensor x) {
    ReferenceTensor values = of(x);
    for (long i = 0; i < values.size(); i++) {
      values.set(i, alpha == 0 ? 0 : alpha * values.at(i));
    }
  }

  /** See {@link LinearAlgebra#multiplyElements}. */
  static void multiplyElements(Tensor x, Tensor y) {
    ReferenceTensor in = of(x);
    ReferenceTensor out = of(y);
    ShapeChecks.sameShape("x", x, "y", y);
    ShapeChecks.samePrecision(x, y);
    for (long i = 0; i < out.size(); i++) {
      out.set(i, in.at(i) * out.at(i));
    }
  }

  /** See {@link LinearAlgebra#addDiagonal}. */
  static void addDiagonal(Tensor a, double value) {
    ReferenceTensor matrix = of(a);
    ShapeChecks.square("a", a);
    for (int i = 0; i < matrix.rows(); i++) {
      matrix.add(i, i, value);
    }
  }

  /** See {@link LinearAlgebra#diagonal}. */
  static double[] diagonal(Tensor a) {
    ReferenceTensor matrix = of(a);
    ShapeChecks.square("a", a);
    double[] diagonal = new double[matrix.rows()];
    for (int i = 0; i < diagonal.length; i++) {
      diagonal[i] = matrix.at(i, i);
    }
    return diagonal;
  }

  /** See {@link LinearAlgebra#rowDots}. */
  static void rowDots(Tensor x, Tensor y, Tensor out) {
    ReferenceTensor left = of(x);
    ReferenceTensor right = of(y);
    ShapeChecks.sameShape("x", x, "y", y);
    ShapeChecks.samePrecision(x, y);
    ShapeChecks.perRow("dots", out, x);
    for (int i = 0; i < left.rows(); i++) {
      double dot = 0;
      for (int j = 0; j < left.columns(); j++) {
        dot += left.at(i, j) * right.at(i, j);
      }
      of(out).set(i, 0, dot);
    }
  }

  /** See {@link LinearAlgebra#columnDots}. */
  static double[] columnDots(Tensor x, Tensor y) {
    ReferenceTensor left = of(x);
    ReferenceTensor right = of(y);
    ShapeChecks.sameShape("x", x, "y", y);
    ShapeChecks.samePrecision(x, y);
    double[] dots = new double[left.columns()];
    for (int j = 0; j < dots.length; j++) {
      dots[j] = columnDot(left, j, right, j);
    }
    return dots;
  }

  /** See {@link LinearAlgebra#firstNonFinite}. */
  static long firstNonFinite(Tensor x) {
    ReferenceTensor values = of(x);
    for (long i = 0; i < values.size(); i++) {
      if (!Double.isFinite(values.at(i))) {
        return i;
      }
    }
    return -1;
  }

  /** See {@link LinearAlgebra#gather}. */
  static void gather(Tensor from, int[] rows, int[] columns, Tensor to) {
    ReferenceTensor in = of(from);
    ReferenceTensor out = of(to);
    ShapeChecks.selection(from, rows, columns, to);
    out.mustNotOverlap(in);
    for (int i = 0; i < out.rows(); i++) {
      for (int j = 0; j < out.columns(); j++) {
        out.set(i, j, in.at(selected(rows, i), selected(columns, j)));
      }
    }
  }

  /** See {@link LinearAlgebra#scatter}. */
  static void scatter(Tensor from, int[] rows, int[] columns, Tensor to) {
    ReferenceTensor in = of(from);
    ReferenceTensor out = of(to);
    ShapeChecks.selection(to, rows, columns, from);
    out.mustNotOverlap(in);
    for (int i = 0; i < in.rows(); i++) {
      for (int j = 0; j < in.columns(); j++) {
        out.set(selected(rows, i), selected(columns, j), in.at(i, j));
      }
    }
  }

  private static int selected(int[] indices, int i) {
    return indices == null ? i : indices[i];
  }

  /** {@code product + beta old}; with {@code beta = 0} even where {@code old} is NaN. */
  private static double combined(double product, double beta, double old) {
    return beta == 0 ? product : product + beta * old;
  }

  private static double columnDot(ReferenceTensor x, int i, ReferenceTensor y, int j) {
    double sum = 0;
    for (int t = 0; t < x.rows(); t++) {
      sum += x.at(t, i) * y.at(t, j);
    }
    return sum;
  }

  private static long packedIndex(int i, int j) {
    return i * (i + 1L) / 2 + j;
  }
}
