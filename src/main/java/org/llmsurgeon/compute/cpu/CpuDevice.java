package org.llmsurgeon.compute.cpu;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.llmsurgeon.InputException;
import org.llmsurgeon.NativeLibraries;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.compute.AttentionInputs;
import org.llmsurgeon.compute.AttentionShape;
import org.llmsurgeon.compute.DenseDevice;
import org.llmsurgeon.compute.Gated;
import org.llmsurgeon.compute.Norm;
import org.llmsurgeon.compute.Operand;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Rotary;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorMemory;
import org.llmsurgeon.compute.cpu.kernel.CpuRowKernels;
import org.llmsurgeon.compute.cpu.operand.BufferPool;
import org.llmsurgeon.compute.cpu.operand.CpuBlas;
import org.llmsurgeon.compute.cpu.operand.CpuMemory;
import org.llmsurgeon.compute.cpu.operand.CpuTensor;
import org.llmsurgeon.compute.cpu.operand.CpuTriangles;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The fast device on the processor: OpenBLAS and LAPACK for products and factorisations, the Vector
 * API for the rows of networks, tensors that ND4J can see without a copy. Products and linear
 * algebra work in both precisions, network kernels in {@link Precision#SINGLE} only.
 *
 * <p>OpenBLAS runs with as many threads as the environment variable {@code OPENBLAS_NUM_THREADS}
 * says when the device is made, else with one: Spark's tasks are the parallelism. Without the
 * module {@code jdk.incubator.vector}, or with {@code -Dsurgeon.vector=false}, plain loops stand in
 * for the Vector API. Memory that tensors gave back is kept for reuse, as far as open tensors and
 * it together stay within the most that tensors took; {@code -Dsurgeon.pool.bytes} bounds it
 * further.
 *
 * <p>Safe for use by several threads. Closing frees the pooled memory; open tensors stay usable.
 */
public final class CpuDevice extends DenseDevice<CpuTensor> {
  private static final long DEFAULT_POOL_BYTES = Long.MAX_VALUE;

  private final BufferPool pool;
  private final CpuRowKernels kernels;
  private final CpuSums sums;
  private final CpuProducts products;
  private final CpuFactorisations factorisations;
  private final CpuActivations activations;
  private final CpuNormalization normalization;
  private final CpuTokens tokens;
  private final CpuLosses losses;
  private final CpuAttention attention;

  private CpuDevice(BufferPool pool, CpuRowKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
    this.sums = new CpuSums(kernels);
    this.products = new CpuProducts(pool, sums);
    this.factorisations = new CpuFactorisations(pool);
    this.activations = new CpuActivations(kernels);
    this.normalization = new CpuNormalization(kernels);
    this.tokens = new CpuTokens(kernels);
    this.losses = new CpuLosses(kernels);
    this.attention = new CpuAttention(kernels, pool);
  }

  /**
   * A device of its own pool. Loads OpenBLAS on the first call.
   *
   * @throws InputException if OpenBLAS cannot be loaded
   */
  public static CpuDevice create() {
    return create(CpuRowKernels.fastest());
  }

  /** A device with row kernels of the caller's choice. */
  static CpuDevice create(CpuRowKernels kernels) {
    startBlas();
    long bytes = Long.getLong("surgeon.pool.bytes", DEFAULT_POOL_BYTES);
    return new CpuDevice(new BufferPool(bytes), kernels);
  }

  private static void startBlas() {
    NativeLibraries.prepare();
    try {
      CpuBlas.start();
    } catch (LinkageError failure) {
      throw NativeLibraries.unusable("the arithmetic library OpenBLAS", "", failure);
    }
  }

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public Optional<TensorMemory> memory() {
    return Optional.of(pool.lent());
  }

  @Override
  protected CpuTensor own(Tensor tensor) {
    return CpuTensor.of(tensor);
  }

  @Override
  protected CpuTensor allocate(Precision precision, int rows, int columns, boolean zeroed) {
    CpuMemory memory = pool.acquire(precision, (long) rows * columns, zeroed);
    return new CpuTensor(memory, pool, rows, columns);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Copies only where the buffer lies on the Java heap or is not aligned to 4 bytes.
   */
  @Override
  public CpuTensor wrap(ByteBuffer floats, int rows, int columns, Runnable release) {
    return CpuWrapping.of(floats, rows, columns, release)
        .orElseGet(
            () -> {
              CpuTensor copy = empty(Precision.SINGLE, rows, columns);
              CpuWrapping.copy(floats, copy);
              release.run();
              return copy;
            });
  }

  /**
   * An ND4J array as a tensor over the same memory, without a copy. The array must stay open while
   * the tensor is used; closing the tensor leaves the array alone.
   *
   * @param array FLOAT or DOUBLE, dense, in c order, of rank 1 (one row) or 2
   */
  public CpuTensor wrap(INDArray array) {
    return CpuWrapping.of(array);
  }

  @Override
  protected void write(float[] values, int offset, CpuTensor to, long at, int count) {
    to.writing().write(to.at(at), values, offset, count);
  }

  @Override
  protected void write(double[] values, int offset, CpuTensor to, long at, int count) {
    to.writing().write(to.at(at), values, offset, count);
  }

  @Override
  protected void read(CpuTensor from, long at, float[] values, int offset, int count) {
    from.reading().read(from.at(at), values, offset, count);
  }

  @Override
  protected void read(CpuTensor from, long at, double[] values, int offset, int count) {
    from.reading().read(from.at(at), values, offset, count);
  }

  @Override
  public void copy(Tensor from, Tensor to) {
    CpuElementwise.copy(CpuTensor.of(from), CpuTensor.of(to));
  }

  @Override
  public void multiply(double alpha, Operand a, Operand b, double beta, Tensor c) {
    products.multiply(alpha, a, b, beta, CpuTensor.of(c));
  }

  @Override
  public void gram(double alpha, Tensor x, double beta, Tensor c) {
    products.gram(alpha, CpuTensor.of(x), beta, CpuTensor.of(c));
  }

  @Override
  public void addGramPacked(double alpha, Tensor x, Tensor packed) {
    products.addGramPacked(alpha, CpuTensor.of(x), CpuTensor.of(packed));
  }

  @Override
  public void addProductPacked(double alpha, Tensor x, Tensor y, Tensor packed) {
    products.addProductPacked(alpha, CpuTensor.of(x), CpuTensor.of(y), CpuTensor.of(packed));
  }

  @Override
  public void mirror(Tensor a) {
    CpuTriangles.mirror(CpuTensor.of(a));
  }

  @Override
  public void unpack(Tensor packed, Tensor full) {
    CpuTriangles.unpack(CpuTensor.of(packed), CpuTensor.of(full));
  }

  @Override
  public void pack(Tensor full, Tensor packed) {
    CpuTriangles.pack(CpuTensor.of(full), CpuTensor.of(packed));
  }

  @Override
  public int cholesky(Tensor a) {
    return factorisations.cholesky(CpuTensor.of(a));
  }

  @Override
  public void inverseFromCholesky(Tensor l) {
    factorisations.inverseFromCholesky(CpuTensor.of(l));
  }

  @Override
  public void solveTriangular(Tensor l, boolean transposed, Tensor b) {
    factorisations.solveTriangular(CpuTensor.of(l), transposed, CpuTensor.of(b));
  }

  @Override
  public double[] eigen(Tensor a) {
    return factorisations.eigen(CpuTensor.of(a));
  }

  @Override
  public void add(double alpha, Tensor x, Tensor y) {
    CpuElementwise.add(alpha, CpuTensor.of(x), CpuTensor.of(y));
  }

  @Override
  public void scale(double alpha, Tensor x) {
    CpuElementwise.scale(alpha, CpuTensor.of(x));
  }

  @Override
  public void multiplyElements(Tensor x, Tensor y) {
    CpuElementwise.multiply(CpuTensor.of(x), CpuTensor.of(y));
  }

  @Override
  public void addDiagonal(Tensor a, double value) {
    CpuElementwise.addDiagonal(CpuTensor.of(a), value);
  }

  @Override
  public double[] diagonal(Tensor a) {
    return CpuElementwise.diagonal(CpuTensor.of(a));
  }

  @Override
  public void rowDots(Tensor x, Tensor y, Tensor dots) {
    sums.rowDots(CpuTensor.of(x), CpuTensor.of(y), CpuTensor.of(dots));
  }

  @Override
  public double[] columnDots(Tensor x, Tensor y) {
    return sums.columnDots(CpuTensor.of(x), CpuTensor.of(y));
  }

  @Override
  public long firstNonFinite(Tensor x) {
    return CpuElementwise.firstNonFinite(CpuTensor.of(x));
  }

  @Override
  public void gather(Tensor from, int[] rows, int[] columns, Tensor to) {
    CpuIndexing.gather(CpuTensor.of(from), rows, columns, CpuTensor.of(to));
  }

  @Override
  public void scatter(Tensor from, int[] rows, int[] columns, Tensor to) {
    CpuIndexing.scatter(CpuTensor.of(from), rows, columns, CpuTensor.of(to));
  }

  @Override
  public void embed(Tensor table, int[] ids, Tensor out) {
    tokens.embed(CpuTensor.of(table), ids, CpuTensor.of(out));
  }

  @Override
  public void embedBackward(int[] ids, Tensor dOut, Tensor dTable) {
    tokens.embedBackward(ids, CpuTensor.of(dOut), CpuTensor.of(dTable));
  }

  @Override
  public void addBias(Tensor bias, Tensor x) {
    tokens.addBias(CpuTensor.of(bias), CpuTensor.of(x));
  }

  @Override
  public void addColumnSums(Tensor x, Tensor sums) {
    this.sums.addColumnSums(CpuTensor.of(x), CpuTensor.of(sums));
  }

  @Override
  public void normalize(Norm norm, Tensor x, Tensor out) {
    normalization.forward(norm, CpuTensor.of(x), CpuTensor.of(out));
  }

  @Override
  public void normalizeBackward(Norm norm, Tensor x, Tensor dOut, Tensor dx) {
    normalization.backward(norm, CpuTensor.of(x), CpuTensor.of(dOut), CpuTensor.of(dx));
  }

  @Override
  public void normalizeWeightGradients(
      Norm norm, Tensor x, Tensor dOut, Tensor dGain, Tensor dBias) {
    normalization.weightGradients(
        norm,
        CpuTensor.of(x),
        CpuTensor.of(dOut),
        CpuTensor.of(dGain),
        dBias == null ? null : CpuTensor.of(dBias));
  }

  @Override
  public void activate(Activation activation, Tensor x, Tensor out) {
    activations.activate(activation, CpuTensor.of(x), CpuTensor.of(out));
  }

  @Override
  public void activateBackward(Activation activation, Tensor x, Tensor dOut, Tensor dx) {
    activations.activateBackward(activation, CpuTensor.of(x), CpuTensor.of(dOut), CpuTensor.of(dx));
  }

  @Override
  public void gate(Activation activation, Gated in, Tensor out) {
    activations.gate(activation, in, CpuTensor.of(out));
  }

  @Override
  public void gateBackward(Activation activation, Gated in, Tensor dOut, Gated gradients) {
    activations.gateBackward(activation, in, CpuTensor.of(dOut), gradients);
  }

  @Override
  public void rotate(Rotary rotary, Tensor x) {
    tokens.rotate(rotary, 1, CpuTensor.of(x));
  }

  @Override
  public void rotateBack(Rotary rotary, Tensor x) {
    tokens.rotate(rotary, -1, CpuTensor.of(x));
  }

  @Override
  public void attention(AttentionShape shape, AttentionInputs in, Tensor out) {
    attention.forward(shape, in, CpuTensor.of(out));
  }

  @Override
  public void attentionBackward(
      AttentionShape shape,
      AttentionInputs in,
      Tensor out,
      Tensor dOut,
      AttentionInputs gradients) {
    attention.backward(shape, in, CpuTensor.of(out), CpuTensor.of(dOut), gradients);
  }

  @Override
  public void crossEntropy(Tensor logits, int[] targets, Tensor losses) {
    this.losses.crossEntropy(CpuTensor.of(logits), targets, CpuTensor.of(losses));
  }

  @Override
  public void crossEntropyBackward(Tensor logits, Tensor goals, double[] weights) {
    losses.crossEntropyBackward(CpuTensor.of(logits), CpuTensor.of(goals), weights);
  }

  @Override
  public void crossEntropyAndBackward(
      Tensor logits, int[] targets, Tensor losses, Tensor goals, double[] weights) {
    this.losses.crossEntropyAndBackward(
        CpuTensor.of(logits), targets, CpuTensor.of(losses), CpuTensor.of(goals), weights);
  }

  @Override
  public void close() {
    pool.close();
  }
}
