package org.llmsurgeon.compute.cpu.operand;

import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.ShapeChecks;

/** Symmetric matrices of the cpu device, full and packed. */
public final class CpuTriangles {
  private static final int TILE = 64;

  private CpuTriangles() {}

  /** First element of a row of a packed triangle. */
  public static long packedRow(int row) {
    return (long) row * (row + 1) / 2;
  }

  /**
   * Both triangles of a packed one.
   *
   * @param packed {@code [1, n (n + 1) / 2]}
   * @param full {@code [n, n]}, written
   */
  public static void unpack(CpuTensor packed, CpuTensor full) {
    ShapeChecks.square("full", full);
    ShapeChecks.packed("packed", packed, full.rows());
    full.mustNotOverlap(packed);
    int n = full.rows();
    boolean same = packed.precision() == full.precision();
    double[] row = new double[same ? 0 : n];
    for (int i = 0; i < n; i++) {
      long from = packed.at(packedRow(i));
      if (same) {
        CpuMemory.copy(packed.reading(), from, full.writing(), full.row(i), i + 1);
      } else {
        packed.reading().read(from, row, 0, i + 1);
        full.writing().write(full.row(i), row, 0, i + 1);
      }
    }
    mirror(full);
  }

  /**
   * The lower triangle, row by row.
   *
   * @param full {@code [n, n]}
   * @param packed {@code [1, n (n + 1) / 2]}, written
   */
  public static void pack(CpuTensor full, CpuTensor packed) {
    ShapeChecks.square("full", full);
    ShapeChecks.packed("packed", packed, full.rows());
    packed.mustNotOverlap(full);
    int n = full.rows();
    double[] row = new double[n];
    for (int i = 0; i < n; i++) {
      full.reading().read(full.row(i), row, 0, i + 1);
      packed.writing().write(packed.at(packedRow(i)), row, 0, i + 1);
    }
  }

  /**
   * Writes the lower triangle into the upper one, tile by tile, so that neither side is walked down
   * a column.
   *
   * @param a {@code [n, n]}
   */
  public static void mirror(CpuTensor a) {
    ShapeChecks.square("a", a);
    int n = a.rows();
    Tiles tiles = a.precision() == Precision.SINGLE ? new SingleTiles(a) : new DoubleTiles(a);
    for (int top = 0; top < n; top += TILE) {
      for (int left = 0; left <= top; left += TILE) {
        tiles.mirror(top, left);
      }
    }
  }

  /** Mirrors parts of a matrix at the diagonal. */
  private interface Tiles {
    void mirror(int top, int left);
  }

  /**
   * In single precision.
   *
   * @param a the matrix
   * @param tile a part of it
   * @param line a column of the part
   */
  private record SingleTiles(CpuTensor a, float[][] tile, float[] line) implements Tiles {
    SingleTiles(CpuTensor a) {
      this(a, new float[TILE][TILE], new float[TILE]);
    }

    @Override
    public void mirror(int top, int left) {
      CpuMemory memory = a.writing();
      int height = Math.min(TILE, a.rows() - top);
      int width = Math.min(TILE, a.rows() - left);
      for (int i = 0; i < height; i++) {
        memory.read(a.row(top + i) + left, tile[i], 0, width);
      }
      for (int j = 0; j < width; j++) {
        int first = Math.max(0, left + j - top);
        for (int i = first; i < height; i++) {
          line[i] = tile[i][j];
        }
        memory.write(a.row(left + j) + top + first, line, first, height - first);
      }
    }
  }

  /**
   * In double precision.
   *
   * @param a the matrix
   * @param tile a part of it
   * @param line a column of the part
   */
  private record DoubleTiles(CpuTensor a, double[][] tile, double[] line) implements Tiles {
    DoubleTiles(CpuTensor a) {
      this(a, new double[TILE][TILE], new double[TILE]);
    }

    @Override
    public void mirror(int top, int left) {
      CpuMemory memory = a.writing();
      int height = Math.min(TILE, a.rows() - top);
      int width = Math.min(TILE, a.rows() - left);
      for (int i = 0; i < height; i++) {
        memory.read(a.row(top + i) + left, tile[i], 0, width);
      }
      for (int j = 0; j < width; j++) {
        int first = Math.max(0, left + j - top);
        for (int i = first; i < height; i++) {
          line[i] = tile[i][j];
        }
        memory.write(a.row(left + j) + top + first, line, first, height - first);
      }
    }
  }

  /**
   * Sets to zero what is above the diagonal.
   *
   * @param a {@code [n, n]}
   */
  public static void clearStrictUpper(CpuTensor a) {
    int n = a.rows();
    for (int i = 0; i < n; i++) {
      a.writing().clear(a.row(i) + i + 1, n - i - 1);
    }
  }
}
