package org.llmsurgeon.compute.cuda.operand;

/**
 * A matrix on a card as cuBLAS is told of it, row by row.
 *
 * @param address of its first element
 * @param type of its elements
 * @param leading elements from a row to the next
 * @param stride elements from a matrix of a batch to the next
 */
public record DeviceMatrix(long address, Type type, int leading, long stride) {
  /** Types of elements, with the numbers by which cuBLAS knows them. */
  public enum Type {
    /** F32. */
    FLOAT(0, Float.BYTES),
    /** F64. */
    DOUBLE(1, Double.BYTES),
    /** BF16. */
    BFLOAT16(14, Short.BYTES);

    private final int number;
    private final int bytes;

    Type(int number, int bytes) {
      this.number = number;
      this.bytes = bytes;
    }

    int number() {
      return number;
    }

    int bytes() {
      return bytes;
    }
  }

  /** A whole tensor, to be read. */
  public static DeviceMatrix reading(CudaTensor tensor) {
    return of(tensor, tensor.reading());
  }

  /** A whole tensor, to be written. */
  public static DeviceMatrix writing(CudaTensor tensor) {
    return of(tensor, tensor.writing());
  }

  private static DeviceMatrix of(CudaTensor tensor, long address) {
    Type type = tensor.isSingle() ? Type.FLOAT : Type.DOUBLE;
    return new DeviceMatrix(address, type, tensor.columns(), 0);
  }

  /** Floats of scratch memory. */
  public static DeviceMatrix floats(long address, int leading, long stride) {
    return new DeviceMatrix(address, Type.FLOAT, leading, stride);
  }

  /** The part that begins at an element. */
  public DeviceMatrix from(long element) {
    return new DeviceMatrix(address + element * type.bytes(), type, leading, stride);
  }

  /** As the first of a batch. */
  public DeviceMatrix every(long elements) {
    return new DeviceMatrix(address, type, leading, elements);
  }
}
