package org.llmsurgeon.compute.cuda;

import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.cuda.operand.CudaKernels;
import org.llmsurgeon.compute.cuda.operand.CudaParts;
import org.llmsurgeon.compute.cuda.operand.CudaScratch;
import org.llmsurgeon.compute.cuda.operand.CudaTensor;
import org.llmsurgeon.compute.cuda.operand.KernelLaunch;

/** Sums over rows and columns of the cuda device, all kept in double. */
final class CudaSums {
  private static final int SHORTEST_STRETCH = 32;
  private static final int MOST_STRETCHES = 64;

  private final CudaParts parts;
  private final CudaKernels kernels;

  CudaSums(CudaParts parts) {
    this.parts = parts;
    this.kernels = parts.kernels();
  }

  void rowDots(CudaTensor x, CudaTensor y, CudaTensor dots) {
    ShapeChecks.sameShape("x", x, "y", y);
    ShapeChecks.samePrecision(x, y);
    ShapeChecks.perRow("dots", dots, x);
    if (x.size() == 0) {
      parts.fill(dots.writing(), 0, dots.size() * Double.BYTES);
    } else {
      kernels
          .of("rowDots", x)
          .reading(x)
          .reading(y)
          .writing(dots)
          .whole(x.columns())
          .rows(x.rows(), x.columns());
    }
  }

  double[] columnDots(CudaTensor x, CudaTensor y) {
    ShapeChecks.sameShape("x", x, "y", y);
    ShapeChecks.samePrecision(x, y);
    double[] dots = new double[x.columns()];
    if (x.size() > 0) {
      try (CudaScratch scratch = parts.scratch()) {
        long out = scratch.doubles(dots.length);
        parts.fill(out, 0, (long) dots.length * Double.BYTES);
        inStretches(
            x,
            scratch,
            (sums, rows) ->
                kernels
                    .of("columnDots", x)
                    .reading(x)
                    .reading(y)
                    .wide(sums)
                    .whole(x.rows())
                    .whole(x.columns())
                    .whole(rows),
            (sums, stretches) ->
                kernels
                    .of("addStretches_d")
                    .wide(sums)
                    .wide(out)
                    .whole(stretches)
                    .whole(x.columns())
                    .over(x.columns()));
        parts.read(out, dots);
      }
    }
    return dots;
  }

  void addColumnSums(CudaTensor x, CudaTensor sums) {
    ShapeChecks.shape("sums", sums, 1, x.columns());
    ShapeChecks.samePrecision(x, sums);
    x.requireSingle();
    sums.mustNotOverlap(x);
    addColumns(x, null, sums);
  }

  /** Adds what each column sums to, times another matrix if there is one. */
  void addColumns(CudaTensor x, CudaTensor y, CudaTensor sums) {
    addStretches(
        x,
        sums,
        (out, rows) ->
            kernels
                .of("columnDots", x)
                .reading(x)
                .reading(y)
                .wide(out)
                .whole(x.rows())
                .whole(x.columns())
                .whole(rows));
  }

  /** Sums of stretches of rows, as a kernel gives them to an address. */
  interface Stretches {
    KernelLaunch launch(long sums, int rows);
  }

  private interface Adding {
    void add(long sums, int stretches);
  }

  /** {@code sums += } what a kernel sums over stretches of the rows of {@code x}. */
  void addStretches(CudaTensor x, CudaTensor sums, Stretches kernel) {
    if (x.size() == 0) {
      return;
    }
    try (CudaScratch scratch = parts.scratch()) {
      inStretches(
          x,
          scratch,
          kernel,
          (from, stretches) ->
              kernels
                  .of("addStretches", sums)
                  .wide(from)
                  .writing(sums)
                  .whole(stretches)
                  .whole(x.columns())
                  .over(x.columns()));
    }
  }

  private static void inStretches(
      CudaTensor x, CudaScratch scratch, Stretches kernel, Adding adding) {
    int rows = Math.max(SHORTEST_STRETCH, (x.rows() + MOST_STRETCHES - 1) / MOST_STRETCHES);
    int stretches = (x.rows() + rows - 1) / rows;
    long sums = scratch.doubles((long) stretches * x.columns());
    kernel.launch(sums, rows).columns(x.columns(), stretches);
    adding.add(sums, stretches);
  }
}
