package org.llmsurgeon.pipeline.forecast;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.LongSupplier;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.forecast.size.Machines;

/** Measures how fast this machine is, in a few seconds. */
public final class MachineRates {
  private static final int SIZE = 768;
  private static final int CHUNK = 8 << 20;
  private static final int CHUNKS = 16;
  private static final double QUICK = 0.1;
  private static final double USUAL = 1.5;

  private static Machines.Rates quick;

  private MachineRates() {}

  /** One core's products and inverses, and a disk's writing and reading of the temporary folder. */
  public static Machines.Rates measure() {
    return measure(USUAL, CHUNKS);
  }

  /** The same in a third of a second, once for this process. */
  static synchronized Machines.Rates quick() {
    if (quick == null) {
      quick = measure(QUICK, CHUNKS / 8);
    }
    return quick;
  }

  private static Machines.Rates measure(double seconds, int chunks) {
    Device device = ExecutorDevice.shared();
    long nanoseconds = (long) (1e9 * seconds);
    return new Machines.Rates(
        products(device, nanoseconds), inverses(device, nanoseconds), disk(chunks));
  }

  private static double products(Device device, long enough) {
    try (Tensor a = identity(device, Precision.SINGLE);
        Tensor b = identity(device, Precision.SINGLE);
        Tensor c = device.zeros(Precision.SINGLE, SIZE, SIZE)) {
      return perSecond(
          enough,
          () -> {
            device.multiply(1, a, b, 0, c);
            return 2L * SIZE * SIZE * SIZE;
          });
    }
  }

  private static double inverses(Device device, long enough) {
    try (Tensor a = device.zeros(Precision.DOUBLE, SIZE, SIZE)) {
      return perSecond(
          enough,
          () -> {
            device.scale(0, a);
            device.addDiagonal(a, 2);
            device.cholesky(a);
            device.inverseFromCholesky(a);
            return (long) SIZE * SIZE * SIZE;
          });
    }
  }

  private static Tensor identity(Device device, Precision precision) {
    Tensor tensor = device.zeros(precision, SIZE, SIZE);
    device.addDiagonal(tensor, 1);
    return tensor;
  }

  /** What is done per second, measured after a first time that does not count. */
  private static double perSecond(long enough, LongSupplier work) {
    work.getAsLong();
    long start = System.nanoTime();
    long done = 0;
    long now = start;
    while (now - start < enough) {
      done += work.getAsLong();
      now = System.nanoTime();
    }
    return done / ((now - start) / 1e9);
  }

  private static double disk(int chunks) {
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
    try {
      Path file = Files.createTempFile("surgeon-plan-", ".bin");
      long start = System.nanoTime();
      try (FileChannel channel =
          FileChannel.open(
              file,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE)) {
        for (int i = 0; i < chunks; i++) {
          channel.write(chunk.clear());
        }
        channel.force(false);
        channel.position(0);
        while (channel.read(chunk.clear()) > 0) {
          Thread.onSpinWait();
        }
      }
      return 2.0 * CHUNK * chunks / ((System.nanoTime() - start) / 1e9);
    } catch (IOException failure) {
      throw new UncheckedIOException("the temporary folder cannot be written", failure);
    }
  }
}
