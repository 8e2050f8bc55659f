package org.llmsurgeon.compute.cpu.operand;

import java.util.concurrent.atomic.AtomicBoolean;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.llmsurgeon.compute.DenseTensor;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A tensor of a {@link org.llmsurgeon.compute.cpu.CpuDevice}: row-major elements outside the Java
 * heap, readable as an ND4J array over the same memory and the other way round.
 *
 * <p>The memory itself is taken with malloc and pooled by the device. ND4J's own allocation fills
 * every new buffer with zeros even when told not to (0.6 s per GiB measured, 50 microseconds for 4
 * MiB), and JavaCPP's counts against a limit that many users leave at the size of the Java heap.
 */
public final class CpuTensor extends DenseTensor<CpuTensor> {
  private final CpuMemory memory;
  private final Runnable release;
  private final AtomicBoolean closed;
  private final boolean view;

  /**
   * @param pool where the memory goes on closing
   */
  public CpuTensor(CpuMemory memory, BufferPool pool, int rows, int columns) {
    this(memory, () -> pool.release(memory), rows, columns);
  }

  /**
   * @param release run once, when the tensor is closed
   */
  public CpuTensor(CpuMemory memory, Runnable release, int rows, int columns) {
    super(0, rows, columns);
    this.memory = memory;
    this.release = release;
    this.closed = new AtomicBoolean();
    this.view = false;
  }

  private CpuTensor(CpuTensor root, long offset, int rows, int columns) {
    super(offset, rows, columns);
    this.memory = root.memory;
    this.release = root.release;
    this.closed = root.closed;
    this.view = true;
  }

  /**
   * A tensor as one of this device.
   *
   * @throws IllegalArgumentException if it lives elsewhere
   */
  public static CpuTensor of(Tensor tensor) {
    return own(CpuTensor.class, "cpu", tensor);
  }

  @Override
  protected CpuTensor view(long first, int height, int width) {
    return new CpuTensor(this, first, height, width);
  }

  @Override
  protected boolean isClosed() {
    return closed.get();
  }

  @Override
  protected boolean overlaps(CpuTensor other) {
    return memory.address(at(size())) > other.memory.address(other.at(0))
        && other.memory.address(other.at(other.size())) > memory.address(at(0));
  }

  @Override
  public Precision precision() {
    return memory.precision();
  }

  /**
   * An ND4J array over the same memory: what one writes the other reads. Valid until this tensor is
   * closed; closing the array leaves the tensor alone. Starts ND4J if nothing did before.
   *
   * @return a dense array {@code [rows, columns]} in c order, FLOAT or DOUBLE
   */
  public INDArray array() {
    CpuBlas.startNd4j();
    requireOpen();
    boolean single = isSingle();
    DataType type = single ? DataType.FLOAT : DataType.DOUBLE;
    if (size() == 0) {
      return Nd4j.create(type, rows(), columns());
    }
    Pointer start = single ? memory.floatsAt(offset()) : memory.doublesAt(offset());
    start.limit(size());
    return Nd4j.create(
        Nd4j.createBuffer(start, size(), type),
        new long[] {rows(), columns()},
        new long[] {columns(), 1},
        0,
        'c');
  }

  /** Whether writing is refused, as for tensors over read-only buffers. */
  public boolean isReadOnly() {
    return memory.isReadOnly();
  }

  /** Closes for good and gives the memory back; a second time, or on a view, does nothing. */
  @Override
  public void close() {
    if (!view && closed.compareAndSet(false, true)) {
      release.run();
    }
  }

  /** Memory to read from. */
  public CpuMemory reading() {
    requireOpen();
    return memory;
  }

  /**
   * Memory to write to.
   *
   * @throws IllegalArgumentException if this tensor is over read-only memory
   */
  public CpuMemory writing() {
    requireOpen();
    if (memory.isReadOnly()) {
      throw new IllegalArgumentException(this + " is read-only");
    }
    return memory;
  }

  /** Place of an element of this tensor in its memory. */
  public long at(long element) {
    return offset() + element;
  }

  /** Place of the first element of a row in the memory. */
  public long row(int row) {
    return offset() + (long) row * columns();
  }

  FloatPointer floatsForReading(long element) {
    return reading().floatsAt(at(element));
  }

  FloatPointer floatsForWriting(long element) {
    return writing().floatsAt(at(element));
  }

  DoublePointer doublesForReading(long element) {
    return reading().doublesAt(at(element));
  }

  DoublePointer doublesForWriting(long element) {
    return writing().doublesAt(at(element));
  }
}
