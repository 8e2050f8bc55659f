package org.llmsurgeon.compute.cuda;

import org.llmsurgeon.compute.Operand;
import org.llmsurgeon.compute.ShapeChecks;

/** Matrix products and sums of outer products of the cuda device. */
final class CudaProducts {
  /** Rows of a panel of a gram matrix are a multiple of this, which suits the tensor cores. */
  private static final int PANEL_STEP = 128;

  /** Panels of a large gram matrix: 8 of them multiply 56 % of the whole square. */
  private static final int PANELS = 8;

  /** A view of less than this part of its memory is copied alone. */
  private static final int SMALL_VIEW = 4;

  private final CudaParts parts;
  private final CudaKernels kernels;
  private final CudaBlas blas;
  private final CudaElements elements;
  private final ProductPrecision precision;

  CudaProducts(
      CudaParts parts, CudaBlas blas, CudaElements elements, ProductPrecision precision) {
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
    if (b.effectiveRows() != inner) {
      throw new IllegalArgumentException(
          "Product of ["
              + a.effectiveRows()
              + ", "
              + inner
              + "] and ["
              + b.effectiveRows()
              + ", "
              + b.effectiveColumns()
              + "] is not defined");
    }
    ShapeChecks.shape("c", c, a.effectiveRows(), b.effectiveColumns());
    ShapeChecks.samePrecision(c, left, right);
    c.mustNotOverlap(left, right);
    if (c.size() == 0) {
      return;
    }
    if (inner == 0) {
      elements.scale(beta, c);
      return;
    }
    CudaBlas.Product product =
        new CudaBlas.Product(c.rows(), c.columns(), inner, alpha, beta, 1);
    try (CudaScratch scratch = parts.scratch()) {
      CudaBlas.Side x = new CudaBlas.Side(operand(left, scratch), a.isTransposed());
      CudaBlas.Side y = new CudaBlas.Side(operand(right, scratch), b.isTransposed());
      blas.multiply(product, x, y, DeviceMatrix.writing(c), precision);
    }
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
    ShapeChecks.packed("packed", packed, x.columns());
    packed.mustNotOverlap(x);
    panels(
        x,
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

  /** {@code x^T x} in panels of rows, each as wide as its last row's part of the triangle. */
  private void panels(CudaTensor x, Panel use) {
    int n = x.columns();
    int step = (n + PANELS - 1) / PANELS;
    step = (step + PANEL_STEP - 1) / PANEL_STEP * PANEL_STEP;
    for (int first = 0; first < n; first += step) {
      int rows = Math.min(step, n - first);
      int width = first + rows;
      try (CudaScratch scratch = parts.scratch()) {
        long address = scratch.bytes((long) rows * width * x.precision().bytes());
        DeviceMatrix all = DeviceMatrix.reading(x);
        DeviceMatrix panel = new DeviceMatrix(address, all.type(), width, 0);
        CudaBlas.Product product = new CudaBlas.Product(rows, width, x.rows(), 1, 0, 1);
        if (x.rows() == 0) {
          parts.fill(address, 0, (long) rows * width * x.precision().bytes());
        } else {
          blas.multiply(
              product,
              new CudaBlas.Side(all.from(first), true),
              new CudaBlas.Side(all, false),
              panel,
              precision);
        }
        use.use(address, first, rows, width);
      }
    }
  }
}
