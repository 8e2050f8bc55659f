package org.llmsurgeon.arrays;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.cpu.operand.Nd4jArrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A safetensors file as arrays: what {@code surgeon factors} and {@code surgeon scores} write, or a
 * shard of a model. Arrays are copies, which stay when the file is closed.
 */
public final class ArrayFile implements Closeable {
  private final CpuDevice device = CpuDevice.create();
  private final Safetensors file;

  private ArrayFile(Safetensors file) {
    this.file = file;
  }

  /**
   * Opens a file and checks its header.
   *
   * @param path on the local disk
   * @throws org.llmsurgeon.InputException naming the file if it is not there or malformed
   */
  public static ArrayFile open(String path) {
    return new ArrayFile(Safetensors.open(new LocalStorage().open(path)));
  }

  /** Names of the tensors, in the order of the file, for example {@code <layer>.A}. */
  public List<String> names() {
    return List.copyOf(file.entries().keySet());
  }

  /**
   * A tensor of dtype F32, F16 or BF16.
   *
   * @param name as in the file
   * @return FLOAT, in c order, of the shape that the file says, of any number of dimensions
   * @throws org.llmsurgeon.InputException naming file and tensor if it is not there or of another
   *     dtype
   */
  public INDArray array(String name) {
    try (Tensor tensor = file.load(name, device)) {
      return Nd4jArrays.of(device, tensor).reshape(file.entry(name).shape()).dup('c');
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
    device.close();
  }
}
