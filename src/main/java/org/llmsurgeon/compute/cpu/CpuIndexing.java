package org.llmsurgeon.compute.cpu;

import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.cpu.operand.CpuMemory;
import org.llmsurgeon.compute.cpu.operand.CpuTensor;

/** Rows and columns by index, on the cpu device. */
final class CpuIndexing {
  /**
   * Elements of a row that are moved as a piece in the time of one that is moved alone, with much
   * to spare.
   */
  private static final int PIECE = 32;

  private CpuIndexing() {}

  static void gather(CpuTensor from, int[] rows, int[] columns, CpuTensor to) {
    ShapeChecks.selection(from, rows, columns, to);
    to.mustNotOverlap(from);
    CpuMemory source = from.reading();
    CpuMemory target = to.writing();
    if (columns == null) {
      for (int i = 0; i < to.rows(); i++) {
        int row = rows == null ? i : rows[i];
        CpuMemory.copy(source, from.row(row), target, to.row(i), from.columns());
      }
    } else if (few(columns, from)) {
      gatherFew(from, rows, columns, to);
    } else if (from.precision() == Precision.SINGLE) {
      gatherSingle(from, rows, columns, to);
    } else {
      gatherDouble(from, rows, columns, to);
    }
  }

  /** Whether so few columns of a matrix are meant that not all of it should be touched. */
  private static boolean few(int[] columns, CpuTensor all) {
    return (long) columns.length * PIECE <= all.columns();
  }

  private static void gatherFew(CpuTensor from, int[] rows, int[] columns, CpuTensor to) {
    CpuMemory source = from.reading();
    double[] some = new double[columns.length];
    for (int i = 0; i < to.rows(); i++) {
      long row = from.row(rows == null ? i : rows[i]);
      for (int j = 0; j < some.length; j++) {
        some[j] = source.read(row + columns[j]);
      }
      to.writing().write(to.row(i), some, 0, some.length);
    }
  }

  private static void scatterFew(CpuTensor from, int[] rows, int[] columns, CpuTensor to) {
    CpuMemory target = to.writing();
    double[] some = new double[columns.length];
    for (int i = 0; i < from.rows(); i++) {
      long row = to.row(rows == null ? i : rows[i]);
      from.reading().read(from.row(i), some, 0, some.length);
      for (int j = 0; j < some.length; j++) {
        target.write(row + columns[j], some[j]);
      }
    }
  }

  private static void gatherSingle(CpuTensor from, int[] rows, int[] columns, CpuTensor to) {
    float[] all = new float[from.columns()];
    float[] some = new float[columns.length];
    for (int i = 0; i < to.rows(); i++) {
      from.reading().read(from.row(rows == null ? i : rows[i]), all, 0, all.length);
      for (int j = 0; j < some.length; j++) {
        some[j] = all[columns[j]];
      }
      to.writing().write(to.row(i), some, 0, some.length);
    }
  }

  private static void gatherDouble(CpuTensor from, int[] rows, int[] columns, CpuTensor to) {
    double[] all = new double[from.columns()];
    double[] some = new double[columns.length];
    for (int i = 0; i < to.rows(); i++) {
      from.reading().read(from.row(rows == null ? i : rows[i]), all, 0, all.length);
      for (int j = 0; j < some.length; j++) {
        some[j] = all[columns[j]];
      }
      to.writing().write(to.row(i), some, 0, some.length);
    }
  }

  static void scatter(CpuTensor from, int[] rows, int[] columns, CpuTensor to) {
    ShapeChecks.selection(to, rows, columns, from);
    to.mustNotOverlap(from);
    CpuMemory source = from.reading();
    CpuMemory target = to.writing();
    if (columns == null) {
      for (int i = 0; i < from.rows(); i++) {
        int row = rows == null ? i : rows[i];
        CpuMemory.copy(source, from.row(i), target, to.row(row), from.columns());
      }
    } else if (few(columns, to)) {
      scatterFew(from, rows, columns, to);
    } else if (from.precision() == Precision.SINGLE) {
      scatterSingle(from, rows, columns, to);
    } else {
      scatterDouble(from, rows, columns, to);
    }
  }

  private static void scatterSingle(CpuTensor from, int[] rows, int[] columns, CpuTensor to) {
    float[] all = new float[to.columns()];
    float[] some = new float[columns.length];
    for (int i = 0; i < from.rows(); i++) {
      long row = to.row(rows == null ? i : rows[i]);
      from.reading().read(from.row(i), some, 0, some.length);
      to.reading().read(row, all, 0, all.length);
      for (int j = 0; j < some.length; j++) {
        all[columns[j]] = some[j];
      }
      to.writing().write(row, all, 0, all.length);
    }
  }

  private static void scatterDouble(CpuTensor from, int[] rows, int[] columns, CpuTensor to) {
    double[] all = new double[to.columns()];
    double[] some = new double[columns.length];
    for (int i = 0; i < from.rows(); i++) {
      long row = to.row(rows == null ? i : rows[i]);
      from.reading().read(from.row(i), some, 0, some.length);
      to.reading().read(row, all, 0, all.length);
      for (int j = 0; j < some.length; j++) {
        all[columns[j]] = some[j];
      }
      to.writing().write(row, all, 0, all.length);
    }
  }
}
