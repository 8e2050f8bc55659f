package org.llmsurgeon.compute.cuda;

import org.llmsurgeon.compute.AttentionInputs;
import org.llmsurgeon.compute.AttentionShape;
import org.llmsurgeon.compute.ProductPrecision;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.cuda.operand.CudaBlas;
import org.llmsurgeon.compute.cuda.operand.CudaParts;
import org.llmsurgeon.compute.cuda.operand.CudaScratch;
import org.llmsurgeon.compute.cuda.operand.CudaTensor;
import org.llmsurgeon.compute.cuda.operand.DeviceMatrix;

/**
 * Attention in tiles: the scores of some queries of a sequence, for all heads at once, with the
 * keys up to the last that one of these queries sees. Products run over a batch of key and value
 * heads, once for each query head that reads one.
 */
final class CudaAttention {
  /** Scores that are kept at once. */
  private static final long TILE_ELEMENTS = 1L << 26;

  private static final int SHORTEST_TILE = 64;

  private final CudaParts parts;
  private final CudaBlas blas;
  private final ProductPrecision precision;

  CudaAttention(CudaParts parts, CudaBlas blas, ProductPrecision precision) {
    this.parts = parts;
    this.blas = blas;
    this.precision = precision;
  }

  /**
   * The queries of a tile: those from {@code from} to {@code to} of a sequence, with the keys that
   * they see.
   */
  private record Tile(AttentionShape shape, int sequence, int from, int to) {
    int rows() {
      return to - from;
    }

    /** Keys that the last query sees. */
    int keys() {
      return shape.keysEnd(to - 1);
    }

    /** Keys that all queries see, but the own one of a causal attention's first. */
    int common() {
      return shape.reach().causal() ? from : keys();
    }

    long elements() {
      return (long) rows() * keys();
    }

    /** Query heads that read one key and value head. */
    int sharing() {
      return shape.heads() / shape.keyValueHeads();
    }

    /** Queries, outputs, or their gradients, of one query head of each key and value head. */
    DeviceMatrix queries(DeviceMatrix all, int member) {
      long row = (long) sequence * shape.length() + from;
      int head = shape.headDimension();
      return all.from(row * all.leading() + (long) member * head).every((long) sharing() * head);
    }

    /** Keys or values, or their gradients. */
    DeviceMatrix keys(DeviceMatrix all) {
      long row = (long) sequence * shape.length();
      return all.from(row * all.leading()).every(shape.headDimension());
    }

    /** Scores, or their gradients, of one query head of each key and value head. */
    DeviceMatrix scores(long address, int member) {
      DeviceMatrix all = DeviceMatrix.floats(address, keys(), sharing() * elements());
      return all.from(member * elements());
    }

    CudaBlas.Product product(int m, int n, int k, double alpha, boolean adds) {
      return new CudaBlas.Product(m, n, k, alpha, adds ? 1 : 0, shape.keyValueHeads());
    }
  }

  /** Queries, keys and values as cuBLAS is told of them. */
  private record Matrices(DeviceMatrix queries, DeviceMatrix keys, DeviceMatrix values) {
    static Matrices reading(AttentionInputs in) {
      return new Matrices(
          DeviceMatrix.reading(CudaTensor.of(in.queries())),
          DeviceMatrix.reading(CudaTensor.of(in.keys())),
          DeviceMatrix.reading(CudaTensor.of(in.values())));
    }

    static Matrices writing(AttentionInputs in) {
      return new Matrices(
          DeviceMatrix.writing(CudaTensor.of(in.queries())),
          DeviceMatrix.writing(CudaTensor.of(in.keys())),
          DeviceMatrix.writing(CudaTensor.of(in.values())));
    }
  }

  void forward(AttentionShape shape, AttentionInputs in, CudaTensor out) {
    check(shape, in, out);
    CudaLayers.require(shape.softCap() == 0, "bounded attention scores");
    if (out.size() == 0) {
      return;
    }
    Matrices inputs = Matrices.reading(in);
    DeviceMatrix result = DeviceMatrix.writing(out);
    int step = tileRows(shape);
    try (CudaScratch scratch = parts.scratch()) {
      long scores = scratch.floats((long) shape.heads() * step * shape.length());
      for (int sequence = 0; sequence < shape.sequences(); sequence++) {
        for (int from = 0; from < shape.length(); from += step) {
          Tile tile = new Tile(shape, sequence, from, Math.min(shape.length(), from + step));
          softmax(tile, inputs, scores);
          for (int member = 0; member < tile.sharing(); member++) {
            multiply(
                tile.product(tile.rows(), shape.headDimension(), tile.keys(), 1, false),
                plain(tile.scores(scores, member)),
                plain(tile.keys(inputs.values())),
                tile.queries(result, member));
          }
        }
      }
    }
  }

  /**
   * The last tile comes first: it reaches all keys, so that the others can add to what it wrote.
   */
  void backward(
      AttentionShape shape,
      AttentionInputs in,
      CudaTensor out,
      CudaTensor dOut,
      AttentionInputs gradients) {
    check(shape, in, out);
    ShapeChecks.attentionInputs(shape, gradients);
    ShapeChecks.sameShape("out", out, "dOut", dOut);
    check(shape, gradients, dOut);
    if (out.size() == 0) {
      return;
    }
    Matrices inputs = Matrices.reading(in);
    Matrices results = Matrices.writing(gradients);
    DeviceMatrix gradient = DeviceMatrix.reading(dOut);
    int step = tileRows(shape);
    int last = (shape.length() - 1) / step * step;
    try (CudaScratch scratch = parts.scratch()) {
      long elements = (long) shape.heads() * step * shape.length();
      long scores = scratch.floats(elements);
      long dScores = scratch.floats(elements);
      for (int sequence = 0; sequence < shape.sequences(); sequence++) {
        for (int from = last; from >= 0; from -= step) {
          Tile tile = new Tile(shape, sequence, from, Math.min(shape.length(), from + step));
          softmax(tile, inputs, scores);
          softmaxBackward(tile, inputs, gradient, scores, dScores);
          addGradients(tile, inputs, gradient, new long[] {scores, dScores}, results);
        }
      }
    }
  }

  /** {@code p = softmax(scale q k^T)} of a tile. */
  private void softmax(Tile tile, Matrices inputs, long scores) {
    int head = tile.shape().headDimension();
    for (int member = 0; member < tile.sharing(); member++) {
      multiply(
          tile.product(tile.rows(), tile.keys(), head, 1, false),
          plain(tile.queries(inputs.queries(), member)),
          transposed(tile.keys(inputs.keys())),
          tile.scores(scores, member));
    }
    parts
        .kernels()
        .of("attentionSoftmax")
        .wide(scores)
        .whole(tile.rows())
        .whole(tile.keys())
        .whole(tile.common())
        .whole(tile.shape().reach().window())
        .single((float) tile.shape().scale())
        .rows(tile.shape().heads() * tile.rows(), tile.keys());
  }

  /** {@code dP = dOut v^T}, then {@code dS = p (dP - sum p dP)}. */
  private void softmaxBackward(
      Tile tile, Matrices inputs, DeviceMatrix gradient, long scores, long dScores) {
    int head = tile.shape().headDimension();
    for (int member = 0; member < tile.sharing(); member++) {
      multiply(
          tile.product(tile.rows(), tile.keys(), head, 1, false),
          plain(tile.queries(gradient, member)),
          transposed(tile.keys(inputs.values())),
          tile.scores(dScores, member));
    }
    parts
        .kernels()
        .of("attentionSoftmaxBackward")
        .wide(scores)
        .wide(dScores)
        .whole(tile.rows())
        .whole(tile.keys())
        .whole(tile.common())
        .rows(tile.shape().heads() * tile.rows(), tile.keys());
  }

  /** {@code dV += p^T dOut}, {@code dQ = scale dS k}, {@code dK += scale dS^T q}. */
  private void addGradients(
      Tile tile, Matrices inputs, DeviceMatrix gradient, long[] tiles, Matrices results) {
    int head = tile.shape().headDimension();
    double scale = tile.shape().scale();
    boolean isLast = tile.to() == tile.shape().length();
    for (int member = 0; member < tile.sharing(); member++) {
      boolean adds = !isLast || member > 0;
      multiply(
          tile.product(tile.keys(), head, tile.rows(), 1, adds),
          transposed(tile.scores(tiles[0], member)),
          plain(tile.queries(gradient, member)),
          tile.keys(results.values()));
      multiply(
          tile.product(tile.rows(), head, tile.keys(), scale, false),
          plain(tile.scores(tiles[1], member)),
          plain(tile.keys(inputs.keys())),
          tile.queries(results.queries(), member));
      multiply(
          tile.product(tile.keys(), head, tile.rows(), scale, adds),
          transposed(tile.scores(tiles[1], member)),
          plain(tile.queries(inputs.queries(), member)),
          tile.keys(results.keys()));
    }
  }

  private void multiply(
      CudaBlas.Product product, CudaBlas.Side a, CudaBlas.Side b, DeviceMatrix c) {
    blas.multiply(product, a, b, c, precision);
  }

  private static CudaBlas.Side plain(DeviceMatrix matrix) {
    return new CudaBlas.Side(matrix, false);
  }

  private static CudaBlas.Side transposed(DeviceMatrix matrix) {
    return new CudaBlas.Side(matrix, true);
  }

  private static int tileRows(AttentionShape shape) {
    long fitting = TILE_ELEMENTS / shape.heads() / shape.length();
    long rounded = fitting / SHORTEST_TILE * SHORTEST_TILE;
    return (int) Math.min(Math.max(SHORTEST_TILE, rounded), shape.length());
  }

  private static void check(AttentionShape shape, AttentionInputs in, CudaTensor out) {
    ShapeChecks.attention(shape);
    ShapeChecks.attentionInputs(shape, in);
    ShapeChecks.shape("out", out, in.queries().rows(), in.queries().columns());
    ShapeChecks.samePrecision(out, in.queries(), in.keys(), in.values());
    out.requireSingle();
    out.mustNotOverlap(
        CudaTensor.of(in.queries()), CudaTensor.of(in.keys()), CudaTensor.of(in.values()));
  }
}
