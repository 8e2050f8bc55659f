package org.llmsurgeon.compute.cuda;

import java.nio.ByteBuffer;
import java.util.List;
import org.llmsurgeon.compute.AdamStep;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cuda.driver.CudaContext;
import org.llmsurgeon.compute.cuda.operand.CudaKernels;
import org.llmsurgeon.compute.cuda.operand.CudaParts;
import org.llmsurgeon.compute.cuda.operand.CudaScratch;
import org.llmsurgeon.compute.cuda.operand.CudaTensor;

/** Copies, elementwise steps, diagonals, triangles and chosen rows and columns of the device. */
final class CudaElements {
  private final CudaParts parts;
  private final CudaKernels kernels;

  CudaElements(CudaParts parts) {
    this.parts = parts;
    this.kernels = parts.kernels();
  }

  void clear(CudaTensor x) {
    parts.fill(x.writing(), 0, x.size() * x.precision().bytes());
  }

  void copy(CudaTensor from, CudaTensor to) {
    ShapeChecks.sameShape("from", from, "to", to);
    to.mustNotOverlap(from);
    long count = from.size();
    if (count == 0) {
      return;
    }
    if (from.precision() != to.precision()) {
      kernels.of("convert", from, to).reading(from).writing(to).wide(count).over(count);
      return;
    }
    CudaContext context = parts.context();
    long source = from.reading();
    long target = to.writing();
    synchronized (context) {
      context.enter();
      long bytes = count * from.precision().bytes();
      context.check(
          "cuMemcpyDtoDAsync",
          context.driver().cuMemcpyDtoDAsync_v2(target, source, bytes, context.stream()));
    }
  }

  void add(double alpha, CudaTensor x, CudaTensor y) {
    ShapeChecks.sameShape("x", x, "y", y);
    long count = y.size();
    kernels.of("add", x, y).real(alpha).reading(x).writing(y).wide(count).over(count);
  }

  void scale(double alpha, CudaTensor x) {
    if (alpha == 0) {
      clear(x);
    } else {
      kernels.of("scale", x).real(alpha).writing(x).wide(x.size()).over(x.size());
    }
  }

  /** Half the bytes cross the bus; the card widens them. */
  void uploadBfloat16(ByteBuffer values, CudaTensor target, long at) {
    int count = values.remaining() / Short.BYTES;
    target.requireSingle();
    ShapeChecks.range("the tensor " + target, at, count, target.size());
    try (CudaScratch scratch = parts.scratch()) {
      long bytes = (long) count * Short.BYTES;
      long narrow = scratch.bytes(bytes);
      parts.transfers().upload(narrow, bytes, (buffer, first) -> copy(values, buffer));
      long wide = target.writing() + at * Float.BYTES;
      kernels.of("fromBfloat16").wide(narrow).wide(wide).wide(count).over(count);
    }
  }

  private static void copy(ByteBuffer values, ByteBuffer piece) {
    int count = piece.remaining();
    piece.put(values.slice(values.position(), count));
    values.position(values.position() + count);
  }

  void adam(AdamStep step, AdamStep.Tensors tensors) {
    CudaTensor value = CudaTensor.of(tensors.value());
    for (Tensor each : List.of(value, tensors.gradient(), tensors.first(), tensors.second())) {
      CudaTensor.of(each).requireSingle();
    }
    kernels
        .of("adam")
        .writing(value)
        .reading(CudaTensor.of(tensors.gradient()))
        .writing(CudaTensor.of(tensors.first()))
        .writing(CudaTensor.of(tensors.second()))
        .real(step.rate())
        .real(step.clip())
        .real(step.first().kept())
        .real(step.first().correction())
        .real(step.second().kept())
        .real(step.second().correction())
        .real(step.epsilon())
        .real(step.decay())
        .wide(value.size())
        .over(value.size());
  }

  void multiply(CudaTensor x, CudaTensor y) {
    ShapeChecks.sameShape("x", x, "y", y);
    ShapeChecks.samePrecision(x, y);
    kernels.of("multiplyElements", y).reading(x).writing(y).wide(y.size()).over(y.size());
  }

  void addDiagonal(CudaTensor a, double value) {
    ShapeChecks.square("a", a);
    kernels.of("addDiagonal", a).writing(a).whole(a.rows()).real(value).over(a.rows());
  }

  double[] diagonal(CudaTensor a) {
    ShapeChecks.square("a", a);
    double[] diagonal = new double[a.rows()];
    long from = a.reading();
    try (CudaScratch scratch = parts.scratch()) {
      long out = scratch.doubles(diagonal.length);
      kernels.of("diagonal", a).wide(from).whole(a.rows()).wide(out).over(a.rows());
      parts.read(out, diagonal);
    }
    return diagonal;
  }

  long firstNonFinite(CudaTensor x) {
    long from = x.reading();
    long[] found = {-1};
    if (x.size() > 0) {
      try (CudaScratch scratch = parts.scratch()) {
        long first = scratch.bytes(Long.BYTES);
        parts.fill(first, -1, Long.BYTES);
        kernels.of("firstNonFinite", x).wide(from).wide(x.size()).wide(first).over(x.size());
        // All bits set, which is -1, where none was found
        parts.transfers().download(first, Long.BYTES, (buffer, at) -> found[0] = buffer.getLong(0));
      }
    }
    return found[0];
  }

  void mirror(CudaTensor a) {
    ShapeChecks.square("a", a);
    kernels.of("mirror", a).writing(a).whole(a.rows()).tiles(a.rows(), a.rows());
  }

  void unpack(CudaTensor packed, CudaTensor full) {
    ShapeChecks.square("full", full);
    ShapeChecks.packed("packed", packed, full.rows());
    full.mustNotOverlap(packed);
    int n = full.rows();
    kernels.of("unpackLower", packed, full).reading(packed).writing(full).whole(n).rows(n, n);
    mirror(full);
  }

  void pack(CudaTensor full, CudaTensor packed) {
    ShapeChecks.square("full", full);
    ShapeChecks.packed("packed", packed, full.rows());
    packed.mustNotOverlap(full);
    int n = full.rows();
    kernels.of("pack", full, packed).reading(full).writing(packed).whole(n).rows(n, n);
  }

  void gather(CudaTensor from, int[] rows, int[] columns, CudaTensor to) {
    ShapeChecks.selection(from, rows, columns, to);
    to.mustNotOverlap(from);
    try (CudaScratch scratch = parts.scratch()) {
      kernels
          .of("gather", to)
          .reading(from)
          .wide(parts.integers(rows, scratch))
          .wide(parts.integers(columns, scratch))
          .writing(to)
          .whole(to.columns())
          .whole(from.columns())
          .rows(to.columns() == 0 ? 0 : to.rows(), to.columns());
    }
  }

  void scatter(CudaTensor from, int[] rows, int[] columns, CudaTensor to) {
    ShapeChecks.selection(to, rows, columns, from);
    to.mustNotOverlap(from);
    try (CudaScratch scratch = parts.scratch()) {
      kernels
          .of("scatter", to)
          .reading(from)
          .wide(parts.integers(rows, scratch))
          .wide(parts.integers(columns, scratch))
          .writing(to)
          .whole(to.columns())
          .whole(from.columns())
          .rows(from.columns() == 0 ? 0 : from.rows(), from.columns());
    }
  }

  /** Reads numbers of the card, of either precision, as doubles. */
  void read(long address, boolean single, double[] values) {
    if (!single) {
      parts.read(address, values);
      return;
    }
    parts
        .transfers()
        .download(
            address,
            (long) values.length * Float.BYTES,
            (buffer, first) -> {
              int at = (int) (first / Float.BYTES);
              int count = buffer.remaining() / Float.BYTES;
              for (int i = 0; i < count; i++) {
                values[at + i] = buffer.getFloat(i * Float.BYTES);
              }
            });
  }
}
