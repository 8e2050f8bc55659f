package org.llmsurgeon.compute.cuda;

import org.llmsurgeon.compute.Operand;
import org.llmsurgeon.compute.ProductPrecision;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.cuda.operand.CudaBlas;
import org.llmsurgeon.compute.cuda.operand.CudaKernels;
import org.llmsurgeon.compute.cuda.operand.CudaParts;
import org.llmsurgeon.compute.cuda.operand.CudaScratch;
import org.llmsurgeon.compute.cuda.operand.CudaTensor;
import org.llmsurgeon.compute.cuda.operand.DeviceMatrix;

/** Matrix products and sums of outer products of the cuda device. */
final class CudaProducts {
  /** Rows of a panel of a gram matrix are a multiple of this, which suits the tensor cores. */
  private static final int PANEL_STEP = 128;

  /** Panels of a large gram matrix: 8 of them multiply 56 % of the whole square. */
  private static final int PANELS = 8;

  /**
   * Products with as many rows as this are worth moving an operand for: the tensor cores take TF32
   * only from operands whose inner index is the fastest, and cuBLAS goes a slower way with others.
   */
  private static final int ROWS_WORTH_MOVING = 1024;

  /** A view of less than this part of its memory is copied alone. */
  private static final int SMALL_VIEW = 4;

  private final CudaParts parts;
  private final CudaKernels kernels;
  private final CudaBlas blas;
  private final CudaElements elements;
  private final ProductPrecision precision;

  CudaProducts(CudaParts parts, CudaBlas blas, CudaElements elements, ProductPrecision precision) {
    this.parts = parts;
    this.kernels = parts.kernels();
    this.blas = blas;
    this.elements = elements;
    this.precision = precision;
  }

  void multiply(double alpha, Operand a, Operand b, double beta, CudaTensor c) {
    CudaTensor left = CudaTensor.of(a.tensor());
    CudaTensor right = CudaTensor.of(b.tensor());
    int inner = a.effectiveColumns();
    ShapeChecks.product(a, b, c);
    c.mustNotOverlap(left, right);
    if (c.size() == 0) {
      return;
    }
    if (inner == 0) {
      elements.scale(beta, c);
      return;
    }
    CudaBlas.Product product = new CudaBlas.Product(c.rows(), c.columns(), inner, alpha, beta, 1);
    try (CudaScratch scratch = parts.scratch()) {
      CudaBlas.Side x = new CudaBlas.Side(operand(left, scratch), a.isTransposed());
      CudaBlas.Side y = new CudaBlas.Side(operand(right, scratch), b.isTransposed());
      if (isTf32(left) && !b.isTransposed() && c.rows() >= ROWS_WORTH_MOVING) {
        y = new CudaBlas.Side(transposed(right, scratch), true);
      }
      if (isTf32(left) && a.isTransposed() && c.columns() >= ROWS_WORTH_MOVING) {
        x = new CudaBlas.Side(transposed(left, scratch), false);
      }
      blas.multiply(product, x, y, DeviceMatrix.writing(c), precision);
    }
  }

  private boolean isTf32(CudaTensor tensor) {
    return precision == ProductPrecision.TF32 && tensor.isSingle();
  }

  /** The transpose, for the length of a step. */
  private DeviceMatrix transposed(CudaTensor x, CudaScratch scratch) {
    long address = scratch.floats(x.size());
    kernels
        .of("transpose")
        .reading(x)
        .wide(address)
        .whole(x.rows())
        .whole(x.columns())
        .tiles(x.rows(), x.columns());
    return DeviceMatrix.floats(address, x.rows(), 0);
  }

  /** A tensor as products take it: in bfloat16 if they are to be in that. */
  private DeviceMatrix operand(CudaTensor tensor, CudaScratch scratch) {
    if (precision != ProductPrecision.BFLOAT16 || !tensor.isSingle()) {
      return DeviceMatrix.reading(tensor);
    }
    long address;
    if (tensor.size() >= tensor.block().elements() / SMALL_VIEW) {
      address = tensor.block().copy(this::toBfloat16) + tensor.offset() * Short.BYTES;
    } else {
      address = scratch.bytes(tensor.size() * Short.BYTES);
      toBfloat16(tensor.reading(), address, tensor.size());
    }
    return new DeviceMatrix(address, DeviceMatrix.Type.BFLOAT16, tensor.columns(), 0);
  }

  private void toBfloat16(long from, long to, long count) {
    kernels.of("toBfloat16").wide(from).wide(to).wide(count).over(count);
  }

  void gram(double alpha, CudaTensor x, double beta, CudaTensor c) {
    int n = x.columns();
    ShapeChecks.shape("c", c, n, n);
    ShapeChecks.samePrecision(c, x);
    c.mustNotOverlap(x);
    panels(
        x,
        x,
        (panel, first, rows, width) ->
            kernels
                .of("setPanelLower", c)
                .wide(panel)
                .whole(width)
                .writing(c)
                .whole(n)
                .whole(first)
                .real(alpha)
                .real(beta)
                .rows(rows, width));
  }

  void addGramPacked(double alpha, CudaTensor x, CudaTensor packed) {
    addProductPacked(alpha, x, x, packed);
  }

  void addProductPacked(double alpha, CudaTensor x, CudaTensor y, CudaTensor packed) {
    ShapeChecks.samePrecision(x, y);
    ShapeChecks.shape("y", y, x.rows(), x.columns());
    ShapeChecks.packed("packed", packed, x.columns());
    packed.mustNotOverlap(x, y);
    panels(
        x,
        y,
        (panel, first, rows, width) ->
            kernels
                .of("addPanelPacked", x, packed)
                .wide(panel)
                .whole(width)
                .writing(packed)
                .whole(first)
                .real(alpha)
                .rows(rows, width));
  }

  /** Takes rows of a lower triangle. */
  private interface Panel {
    void use(long panel, int first, int rows, int width);
  }

  /** {@code x^T y} in panels of rows, each as wide as its last row's part of the triangle. */
  private void panels(CudaTensor x, CudaTensor y, Panel use) {
    int n = x.columns();
    int step = (n + PANELS - 1) / PANELS;
    step = (step + PANEL_STEP - 1) / PANEL_STEP * PANEL_STEP;
    try (CudaScratch scratch = parts.scratch()) {
      boolean moved =
          x.isSingle() && precision != ProductPrecision.FLOAT32 && n >= ROWS_WORTH_MOVING;
      DeviceMatrix left = moved ? transposed(x, scratch) : DeviceMatrix.reading(x);
      DeviceMatrix right = left;
      if (y != x) {
        right = moved ? transposed(y, scratch) : DeviceMatrix.reading(y);
      }
      long panel = scratch.bytes((long) Math.min(step, n) * n * x.precision().bytes());
      for (int first = 0; first < n; first += step) {
        int rows = Math.min(step, n - first);
        int width = first + rows;
        DeviceMatrix some = left.from(moved ? (long) first * x.rows() : first);
        if (x.rows() == 0) {
          parts.fill(panel, 0, (long) rows * width * x.precision().bytes());
        } else {
          blas.multiply(
              new CudaBlas.Product(rows, width, x.rows(), 1, 0, 1),
              new CudaBlas.Side(some, !moved),
              new CudaBlas.Side(right, moved),
              new DeviceMatrix(panel, left.type(), width, 0),
              precision);
        }
        use.use(panel, first, rows, width);
      }
    }
  }
}
