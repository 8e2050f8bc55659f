package org.llmsurgeon.compute.cpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Optional;
import org.bytedeco.javacpp.BytePointer;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.cpu.operand.CpuBlas;
import org.llmsurgeon.compute.cpu.operand.CpuMemory;
import org.llmsurgeon.compute.cpu.operand.CpuTensor;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Tensors over memory that belongs to others. */
final class CpuWrapping {
  private static final Runnable NOTHING = () -> {};

  private CpuWrapping() {}

  /**
   * A tensor over a buffer of little-endian floats; empty where they have to be copied, because
   * they lie on the Java heap, are not aligned or are in the wrong order for this processor.
   *
   * @param release run when the tensor is closed
   */
  static Optional<CpuTensor> of(ByteBuffer floats, int rows, int columns, Runnable release) {
    if (rows < 0 || columns < 0 || floats.remaining() < 4L * rows * columns) {
      throw new IllegalArgumentException(
          floats.remaining() + " bytes for [" + rows + ", " + columns + "] floats");
    }
    int count = rows * columns;
    boolean ours = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    if (count == 0 || !floats.isDirect() || !ours) {
      return Optional.empty();
    }
    ByteBuffer own = floats.slice();
    long address = new BytePointer(own).address();
    if (address % Float.BYTES != 0) {
      return Optional.empty();
    }
    CpuMemory memory =
        CpuMemory.borrowed(Precision.SINGLE, count, address, floats.isReadOnly(), own);
    return Optional.of(new CpuTensor(memory, release, rows, columns));
  }

  /** Copies a buffer of little-endian floats into a tensor. */
  static void copy(ByteBuffer floats, CpuTensor to) {
    FloatBuffer values = floats.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    float[] tile = new float[CpuElementwise.tile(to)];
    for (long at = 0; at < to.size(); at += CpuElementwise.TILE) {
      int n = (int) Math.min(CpuElementwise.TILE, to.size() - at);
      values.get(tile, 0, n);
      to.writing().write(to.at(at), tile, 0, n);
    }
  }

  /** A tensor over a dense FLOAT or DOUBLE array of rank 1 or 2 in c order. */
  static CpuTensor of(INDArray array) {
    CpuBlas.startNd4j();
    Precision precision = precision(array.dataType());
    int rank = array.rank();
    if (rank < 1 || rank > 2) {
      throw new IllegalArgumentException("A tensor over an array of rank " + rank);
    }
    int rows = rank == 2 ? Math.toIntExact(array.size(0)) : 1;
    int columns = Math.toIntExact(array.size(rank - 1));
    boolean along = columns <= 1 || array.stride(rank - 1) == 1;
    boolean down = rows <= 1 || array.stride(0) == columns;
    long count = (long) rows * columns;
    if (count > 0 && !(along && down)) {
      throw new IllegalArgumentException(
          "An array that is not dense in c order: " + array.shapeInfoToString());
    }
    if (count == 0) {
      return new CpuTensor(CpuMemory.allocate(precision, 0, false), NOTHING, rows, columns);
    }
    long address = array.data().address() + array.offset() * precision.bytes();
    CpuMemory memory = CpuMemory.borrowed(precision, count, address, false, array);
    return new CpuTensor(memory, NOTHING, rows, columns);
  }

  private static Precision precision(DataType type) {
    if (type == DataType.FLOAT) {
      return Precision.SINGLE;
    }
    if (type == DataType.DOUBLE) {
      return Precision.DOUBLE;
    }
    throw new IllegalArgumentException("A tensor over an array of " + type);
  }
}
