package org.llmsurgeon.compute.cpu;

import org.llmsurgeon.compute.Rotary;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.cpu.kernel.CpuRowKernels;
import org.llmsurgeon.compute.cpu.operand.CpuMemory;
import org.llmsurgeon.compute.cpu.operand.CpuTensor;

/** What the cpu device does to each token's row: embeddings, biases, rotary positions. */
final class CpuTokens {
  private final CpuRowKernels kernels;

  CpuTokens(CpuRowKernels kernels) {
    this.kernels = kernels;
  }

  void embed(CpuTensor table, int[] ids, CpuTensor out) {
    table.requireSingle();
    ShapeChecks.samePrecision(table, out);
    ShapeChecks.shape("out", out, ids.length, table.columns());
    ShapeChecks.indices("ids", ids, 0, table.rows());
    out.mustNotOverlap(table);
    CpuMemory from = table.reading();
    CpuMemory to = out.writing();
    for (int t = 0; t < ids.length; t++) {
      CpuMemory.copy(from, table.row(ids[t]), to, out.row(t), table.columns());
    }
  }

  void embedBackward(int[] ids, CpuTensor dOut, CpuTensor dTable) {
    dOut.requireSingle();
    ShapeChecks.samePrecision(dOut, dTable);
    ShapeChecks.shape("dOut", dOut, ids.length, dTable.columns());
    ShapeChecks.indices("ids", ids, 0, dTable.rows());
    dTable.mustNotOverlap(dOut);
    CpuMemory from = dOut.reading();
    CpuMemory to = dTable.writing();
    int width = dOut.columns();
    float[] d = new float[width];
    float[] sum = new float[width];
    for (int t = 0; t < ids.length; t++) {
      from.read(dOut.row(t), d, 0, width);
      to.read(dTable.row(ids[t]), sum, 0, width);
      for (int j = 0; j < width; j++) {
        sum[j] += d[j];
      }
      to.write(dTable.row(ids[t]), sum, 0, width);
    }
  }

  void addBias(CpuTensor bias, CpuTensor x) {
    x.requireSingle();
    ShapeChecks.samePrecision(x, bias);
    ShapeChecks.shape("bias", bias, 1, x.columns());
    x.mustNotOverlap(bias);
    CpuMemory memory = x.writing();
    int width = x.columns();
    float[] more = new float[width];
    bias.reading().read(bias.at(0), more, 0, width);
    float[] row = new float[width];
    for (int t = 0; t < x.rows(); t++) {
      memory.read(x.row(t), row, 0, width);
      for (int j = 0; j < width; j++) {
        row[j] += more[j];
      }
      memory.write(x.row(t), row, 0, width);
    }
  }

  /**
   * @param direction 1 to rotate, -1 to rotate back
   */
  void rotate(Rotary rotary, int direction, CpuTensor x) {
    CpuTensor cosines = CpuTensor.of(rotary.cosine());
    CpuTensor sines = CpuTensor.of(rotary.sine());
    x.requireSingle();
    ShapeChecks.samePrecision(x, cosines, sines);
    ShapeChecks.rotary(rotary, x);
    CpuMemory memory = x.writing();
    int half = cosines.columns();
    int width = x.columns();
    float[] cosine = new float[CpuRowKernels.padded(half)];
    float[] sine = new float[cosine.length];
    float[] row = new float[CpuRowKernels.padded(width)];
    for (int t = 0; t < x.rows(); t++) {
      int position = t % rotary.sequenceLength();
      cosines.reading().read(cosines.row(position), cosine, 0, half);
      sines.reading().read(sines.row(position), sine, 0, half);
      for (int d = 0; d < half; d++) {
        sine[d] *= direction;
      }
      memory.read(x.row(t), row, 0, width);
      for (int head = 0; head < width; head += rotary.headDimension()) {
        kernels.rotate(row, head, cosine, sine, half);
      }
      memory.write(x.row(t), row, 0, width);
    }
  }
}
