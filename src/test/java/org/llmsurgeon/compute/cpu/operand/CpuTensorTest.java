package org.llmsurgeon.compute.cpu.operand;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.TensorMemory;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Memory of cpu tensors: shared with ND4J, files and buffers, and pooled. */
class CpuTensorTest {
  private static final CpuDevice DEVICE = CpuDevice.create();

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void anArrayOfATensorSharesItsMemory(Precision precision) {
    try (CpuTensor tensor = DEVICE.zeros(precision, 3, 4)) {
      DEVICE.upload(new double[] {1, 2, 3, 4, 5, 6}, 0, tensor, 0, 6);
      INDArray array = tensor.array();
      assertThat(array.shape()).containsExactly(3, 4);
      assertThat(array.getDouble(1, 1)).isEqualTo(6);
      array.muli(2);
      assertThat(DEVICE.values(tensor)).startsWith(2, 4, 6, 8, 10, 12, 0);
      DEVICE.upload(new double[] {-1}, 0, tensor, 11, 1);
      assertThat(array.getDouble(2, 3)).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void anArrayOfAViewCoversTheViewOnly(Precision precision) {
    try (CpuTensor tensor = DEVICE.zeros(precision, 4, 3)) {
      INDArray array = tensor.rowRange(1, 3).reshape(3, 2).array();
      assertThat(array.shape()).containsExactly(3, 2);
      array.addi(7);
      assertThat(DEVICE.values(tensor)).containsExactly(0, 0, 0, 7, 7, 7, 7, 7, 7, 0, 0, 0);
    }
  }

  @Test
  void closingTheArrayLeavesTheTensorAlone() {
    try (CpuTensor tensor = DEVICE.zeros(Precision.SINGLE, 1, 2)) {
      tensor.array().close();
      DEVICE.addDiagonal(tensor.rowRange(0, 1).reshape(2, 1).rowRange(0, 1), 3);
      assertThat(DEVICE.values(tensor)).containsExactly(3, 0);
    }
  }

  @Test
  void anEmptyTensorHasAnEmptyArray() {
    try (CpuTensor tensor = DEVICE.zeros(Precision.DOUBLE, 0, 5)) {
      assertThat(tensor.array().shape()).containsExactly(0, 5);
    }
  }

  @Test
  void aTensorOverAnArraySharesItsMemory() {
    INDArray array = Nd4j.create(new double[][] {{1, 2}, {3, 4}, {5, 6}});
    try (CpuTensor tensor = DEVICE.wrap(array)) {
      assertThat(tensor.precision()).isEqualTo(Precision.DOUBLE);
      assertThat(DEVICE.values(tensor)).containsExactly(1, 2, 3, 4, 5, 6);
      DEVICE.scale(10, tensor);
    }
    assertThat(array.getDouble(2, 1)).isEqualTo(60);
  }

  @Test
  void aTensorOverRowsOfAnArrayStartsAtTheFirstOfThem() {
    INDArray array = Nd4j.arange(24).castTo(DataType.FLOAT).reshape(6, 4);
    INDArray rows = array.get(NDArrayIndex.interval(2, 4), NDArrayIndex.all());
    try (CpuTensor tensor = DEVICE.wrap(rows)) {
      assertThat(DEVICE.values(tensor)).containsExactly(8, 9, 10, 11, 12, 13, 14, 15);
    }
    try (CpuTensor row = DEVICE.wrap(array.getRow(5))) {
      assertThat(row.rows()).isEqualTo(1);
      assertThat(DEVICE.values(row)).containsExactly(20, 21, 22, 23);
    }
  }

  @Test
  void arraysThatAreNotDenseRowsAreRefused() {
    INDArray array = Nd4j.zeros(DataType.FLOAT, 4, 4);
    INDArray[] wrong = {
      array.get(NDArrayIndex.all(), NDArrayIndex.interval(1, 3)),
      Nd4j.create(DataType.FLOAT, new long[] {2, 3}, 'f'),
      Nd4j.zeros(DataType.INT32, 2, 2),
      Nd4j.zeros(DataType.FLOAT, 2, 2, 2)
    };
    for (INDArray each : wrong) {
      assertThatThrownBy(() -> DEVICE.wrap(each))
          .as(each.shapeInfoToString())
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aMappedFileIsReadInPlaceAndNotWritten(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("floats");
    Files.write(file, littleEndian(9, 1, 2, 3, 4, 5, 6).array());
    MappedByteBuffer mapped;
    try (FileChannel channel = FileChannel.open(file)) {
      mapped = channel.map(FileChannel.MapMode.READ_ONLY, 4, 24);
    }
    try (CpuTensor tensor = DEVICE.wrap(mapped, 2, 3, () -> {});
        CpuTensor out = DEVICE.zeros(Precision.SINGLE, 2, 2)) {
      assertThat(tensor.isReadOnly()).isTrue();
      DEVICE.multiply(1, tensor, tensor.transposed(), 0, out);
      assertThat(DEVICE.values(out)).containsExactly(14, 32, 32, 77);
      assertThatThrownBy(() -> DEVICE.scale(2, tensor))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("read-only");
      assertThatThrownBy(() -> DEVICE.gram(1, out, 0, tensor.rowRange(0, 1)))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> DEVICE.multiply(1, out, tensor, 0, tensor.rowRange(0, 2)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void writingATensorOverAFileWritesTheFile(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("floats");
    Files.write(file, littleEndian(1, 2, 3, 4).array());
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MappedByteBuffer mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, 16);
      try (CpuTensor tensor = DEVICE.wrap(mapped, 2, 2, () -> {})) {
        DEVICE.scale(3, tensor);
      }
      mapped.force();
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(littleEndian(3, 6, 9, 12).array());
  }

  @Test
  void buffersThatCannotBeSharedAreCopied() {
    ByteBuffer values = littleEndian(1, 2, 3);
    ByteBuffer unaligned = ByteBuffer.allocateDirect(14).put(0, (byte) 1);
    unaligned.position(1);
    unaligned.put(values.array()).position(1);
    for (ByteBuffer buffer : new ByteBuffer[] {values, unaligned}) {
      try (CpuTensor tensor = DEVICE.wrap(buffer, 1, 3, () -> {})) {
        assertThat(DEVICE.values(tensor)).containsExactly(1, 2, 3);
        assertThat(tensor.isReadOnly()).isFalse();
      }
    }
  }

  @Test
  void aBufferIsReleasedOnceWhenItsTensorNoLongerNeedsIt() {
    AtomicInteger released = new AtomicInteger();
    ByteBuffer direct = ByteBuffer.allocateDirect(12);
    CpuTensor shared = DEVICE.wrap(direct, 1, 3, released::incrementAndGet);
    shared.rowRange(0, 1).close();
    assertThat(released).as("while it is shared").hasValue(0);
    shared.close();
    shared.close();
    assertThat(released).hasValue(1);
    try (CpuTensor copied = DEVICE.wrap(littleEndian(1, 2, 3), 1, 3, released::incrementAndGet)) {
      assertThat(released).as("copied already").hasValue(2);
    }
    assertThat(released).hasValue(2);
    assertThatThrownBy(() -> DEVICE.wrap(direct, 2, 3, released::incrementAndGet))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(released).as("left to the caller").hasValue(2);
  }

  @Test
  void closingTwiceGivesTheMemoryBackOnce() {
    CpuTensor closed = DEVICE.empty(Precision.SINGLE, 17, 19);
    closed.close();
    closed.close();
    try (CpuTensor first = DEVICE.zeros(Precision.SINGLE, 17, 19);
        CpuTensor second = DEVICE.zeros(Precision.SINGLE, 17, 19)) {
      DEVICE.upload(new double[] {5}, 0, first, 0, 1);
      assertThat(DEVICE.values(second)).containsOnly(0);
      assertThatThrownBy(closed::array).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void tensorsOfMoreThanTwoGibibytesAreReadAndWrittenAnywhere() {
    int columns = 1 << 20;
    try (CpuTensor tensor = DEVICE.zeros(Precision.SINGLE, 600, columns)) {
      long boundary = 1L << 28;
      DEVICE.upload(new float[] {1, 2, 3, 4}, 0, tensor, boundary - 2, 4);
      DEVICE.upload(new double[] {7}, 0, tensor, tensor.size() - 1, 1);
      double[] around = new double[6];
      DEVICE.download(tensor, boundary - 3, around, 0, 6);
      assertThat(around).containsExactly(0, 1, 2, 3, 4, 0);
      float[] last = new float[2];
      DEVICE.download(tensor, tensor.size() - 2, last, 0, 2);
      assertThat(last).containsExactly(0, 7);
      CpuTensor row = tensor.rowRange(599, 600);
      assertThat(DEVICE.rowDots(row, row)).containsExactly(49);
    }
  }

  @Test
  void tensorsOutliveTheirDevice() {
    CpuDevice device = CpuDevice.create();
    CpuTensor tensor = device.zeros(Precision.DOUBLE, 2, 2);
    device.close();
    device.addDiagonal(tensor, 4);
    assertThat(device.values(tensor)).containsExactly(4, 0, 0, 4);
    assertThatCode(tensor::close).doesNotThrowAnyException();
  }

  @Test
  void thePoolGivesBackWhatItGotAndClearsItWhenAsked() {
    BufferPool pool = new BufferPool(1 << 10);
    CpuMemory memory = pool.acquire(Precision.DOUBLE, 10, true);
    memory.write(3, 5.0);
    pool.release(memory);
    assertThat(pool.heldBytes()).isEqualTo(80);
    assertThat(pool.acquire(Precision.SINGLE, 20, false)).isNotSameAs(memory);
    CpuMemory again = pool.acquire(Precision.DOUBLE, 10, true);
    assertThat(again).isSameAs(memory);
    assertThat(again.read(3)).isZero();
    assertThat(pool.heldBytes()).isZero();
    pool.close();
  }

  @Test
  void whatIsKeptAndLentIsLittleMoreThanTheMostThatWasLent() {
    int quarter = 16 << 20;
    BufferPool pool = new BufferPool(1L << 30);
    long all = 8L * Float.BYTES * quarter;
    List<CpuMemory> taken = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      taken.add(pool.acquire(Precision.SINGLE, quarter, false));
    }
    taken.forEach(pool::release);
    assertThat(pool.heldBytes()).as("all of it").isEqualTo(all);
    CpuMemory other = pool.acquire(Precision.SINGLE, quarter + 1, false);
    assertThat(pool.heldBytes() + pool.lent().bytes()).isLessThanOrEqualTo(all);
    pool.release(other);
    pool.lent().restart();
    pool.release(pool.acquire(Precision.SINGLE, 1, false));
    assertThat(pool.heldBytes())
        .as("a new time, when little is lent")
        .isBetween(all - 2L * Float.BYTES * quarter, all);
    pool.close();
  }

  @Test
  void thePoolIsBoundedAndLetsUnusedSizesGoFirst() {
    BufferPool pool = new BufferPool(1000);
    CpuMemory old = pool.acquire(Precision.SINGLE, 100, false);
    CpuMemory recent = pool.acquire(Precision.SINGLE, 101, false);
    CpuMemory newest = pool.acquire(Precision.SINGLE, 102, false);
    CpuMemory huge = pool.acquire(Precision.SINGLE, 1000, false);
    pool.release(old);
    pool.release(recent);
    pool.release(huge);
    assertThat(pool.heldBytes()).isEqualTo(804);
    pool.release(newest);
    assertThat(pool.heldBytes()).isEqualTo(812);
    assertThat(pool.acquire(Precision.SINGLE, 101, false)).isSameAs(recent);
    assertThat(pool.acquire(Precision.SINGLE, 100, false)).isNotSameAs(old);
    pool.close();
    assertThat(pool.heldBytes()).isZero();
    pool.release(recent);
    assertThat(pool.heldBytes()).isZero();
  }

  @Test
  void openTensorsCountAndWhatIsKeptForReuseDoesNot() {
    try (CpuDevice device = CpuDevice.create()) {
      TensorMemory memory = device.memory().orElseThrow();
      CpuTensor one = device.zeros(Precision.DOUBLE, 5, 4);
      CpuTensor other = device.empty(Precision.SINGLE, 10, 1);
      device.wrap(ByteBuffer.allocateDirect(400), 10, 10, () -> {}).close();
      other.rowRange(0, 5).close();
      assertThat(memory.bytes()).isEqualTo(200);
      one.close();
      assertThat(memory.bytes()).isEqualTo(40);
      assertThat(memory.peak()).isEqualTo(200);
      memory.restart();
      assertThat(memory.peak()).isEqualTo(40);
      device.zeros(Precision.DOUBLE, 5, 4).close();
      assertThat(memory.peak()).isEqualTo(200);
      other.close();
      assertThat(memory.bytes()).isZero();
    }
  }

  private static ByteBuffer littleEndian(float... values) {
    ByteBuffer buffer =
        ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(values);
    return buffer;
  }
}
