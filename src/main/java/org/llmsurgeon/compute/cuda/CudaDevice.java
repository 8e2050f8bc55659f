package org.llmsurgeon.compute.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.compute.AdamStep;
import org.llmsurgeon.compute.AttentionInputs;
import org.llmsurgeon.compute.AttentionShape;
import org.llmsurgeon.compute.DeviceUnavailableException;
import org.llmsurgeon.compute.Devices;
import org.llmsurgeon.compute.FiniteChecks;
import org.llmsurgeon.compute.Gated;
import org.llmsurgeon.compute.Norm;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.ProductPrecision;
import org.llmsurgeon.compute.Rotary;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorMemory;
import org.llmsurgeon.compute.cuda.driver.CudaBlock;
import org.llmsurgeon.compute.cuda.driver.CudaCard;
import org.llmsurgeon.compute.cuda.driver.CudaContext;
import org.llmsurgeon.compute.cuda.driver.CudaException;
import org.llmsurgeon.compute.cuda.driver.CudaMemoryPool;
import org.llmsurgeon.compute.cuda.driver.CudaTransfers;
import org.llmsurgeon.compute.cuda.operand.CudaBlas;
import org.llmsurgeon.compute.cuda.operand.CudaFiniteChecks;
import org.llmsurgeon.compute.cuda.operand.CudaKernels;
import org.llmsurgeon.compute.cuda.operand.CudaNumbers;
import org.llmsurgeon.compute.cuda.operand.CudaParts;
import org.llmsurgeon.compute.cuda.operand.CudaTensor;

/**
 * The device on a CUDA card: cuBLAS and cuSOLVER for products and factorisations, own kernels for
 * all else. Products and linear algebra work in both precisions, network kernels in {@link
 * Precision#SINGLE} only.
 *
 * <p>Calls return when their work is queued; those that give numbers to the caller wait for it. A
 * failure of the card shows at such a call, as a {@link CudaException}; after one that the card
 * does not recover from, every further call fails with it.
 *
 * <p>Safe for use by several threads, whose work is queued one after the other. Close all tensors
 * before the device.
 */
public final class CudaDevice extends CudaLinearAlgebra {
  private final CudaLayers layers;
  private final CudaTokens tokens;
  private final CudaAttention attention;
  private final boolean isGuest;

  private CudaDevice(CudaParts parts, CudaBlas blas, ProductPrecision precision) {
    super(parts, blas, precision);
    this.layers = new CudaLayers(parts, sums);
    this.tokens = new CudaTokens(parts);
    this.attention = new CudaAttention(parts, blas, precision);
    this.isGuest = false;
  }

  private CudaDevice(CudaDevice host, ProductPrecision precision) {
    super(host, precision);
    this.layers = host.layers;
    this.tokens = host.tokens;
    this.attention = new CudaAttention(parts, blas, precision);
    this.isGuest = true;
  }

  /**
   * A device on a card of this machine. The first one loads CUDA's libraries and compiles the
   * kernels, or takes them from the user's cache.
   *
   * @param ordinal number of the card, among those that {@code CUDA_VISIBLE_DEVICES} leaves
   * @param precision how single-precision matrices are multiplied
   * @throws DeviceUnavailableException if there is no such card, no driver or a library is missing
   */
  public static CudaDevice open(int ordinal, ProductPrecision precision) {
    CudaContext context = new CudaContext(CudaCard.of(ordinal));
    CudaMemoryPool pool = new CudaMemoryPool(context);
    CudaParts parts =
        new CudaParts(context, pool, new CudaTransfers(context), new CudaKernels(context));
    return new CudaDevice(parts, new CudaBlas(context, pool), precision);
  }

  @Override
  public CudaDevice multiplyingIn(ProductPrecision precision) {
    return new CudaDevice(this, precision);
  }

  @Override
  public List<ProductPrecision> products() {
    return List.of(ProductPrecision.values());
  }

  @Override
  public String name() {
    return Devices.CARD;
  }

  @Override
  public String description() {
    return card().name();
  }

  @Override
  public OptionalLong ownMemory() {
    return OptionalLong.of(card().memoryBytes());
  }

  /** The card that this device is on. */
  public CudaCard card() {
    return parts.context().card();
  }

  @Override
  public void synchronize() {
    parts.context().synchronize();
  }

  @Override
  public Optional<TensorMemory> memory() {
    return Optional.of(parts.pool().lent());
  }

  @Override
  protected CudaTensor allocate(Precision precision, int rows, int columns, boolean zeroed) {
    CudaBlock block = new CudaBlock(parts.pool(), precision, (long) rows * columns);
    CudaTensor tensor = new CudaTensor(block, rows, columns);
    if (zeroed) {
      elements.clear(tensor);
    }
    return tensor;
  }

  /** {@inheritDoc} Here always with a copy, and the memory need not be direct. */
  @Override
  public Tensor wrap(ByteBuffer floats, int rows, int columns, Runnable release) {
    long bytes = Math.multiplyExact((long) rows * columns, (long) Float.BYTES);
    ShapeChecks.range("the buffer", 0, bytes, floats.remaining());
    CudaTensor tensor = empty(Precision.SINGLE, rows, columns);
    ByteBuffer source = floats.slice().order(ByteOrder.LITTLE_ENDIAN);
    parts
        .transfers()
        .upload(
            tensor.writing(),
            bytes,
            (buffer, first) -> buffer.put(source.slice((int) first, buffer.remaining())));
    release.run();
    return tensor;
  }

  @Override
  protected void write(float[] values, int offset, CudaTensor to, long at, int count) {
    CudaNumbers.upload(parts.transfers(), to, at, new CudaNumbers.Floats(values, offset, count));
  }

  @Override
  protected void write(double[] values, int offset, CudaTensor to, long at, int count) {
    CudaNumbers.upload(parts.transfers(), to, at, new CudaNumbers.Doubles(values, offset, count));
  }

  @Override
  protected void read(CudaTensor from, long at, float[] values, int offset, int count) {
    CudaNumbers.download(
        parts.transfers(), from, at, new CudaNumbers.Floats(values, offset, count));
  }

  @Override
  protected void read(CudaTensor from, long at, double[] values, int offset, int count) {
    CudaNumbers.download(
        parts.transfers(), from, at, new CudaNumbers.Doubles(values, offset, count));
  }

  @Override
  public void copy(Tensor from, Tensor to) {
    elements.copy(CudaTensor.of(from), CudaTensor.of(to));
  }

  @Override
  public void uploadBfloat16(ByteBuffer values, Tensor target, long at) {
    elements.uploadBfloat16(values, CudaTensor.of(target), at);
  }

  @Override
  public FiniteChecks finiteChecks() {
    return new CudaFiniteChecks(parts);
  }

  @Override
  public void adam(AdamStep step, AdamStep.Tensors tensors) {
    elements.adam(step, tensors);
  }

  @Override
  public void embed(Tensor table, int[] ids, Tensor out) {
    tokens.embed(CudaTensor.of(table), ids, CudaTensor.of(out));
  }

  @Override
  public void embedBackward(int[] ids, Tensor dOut, Tensor dTable) {
    tokens.embedBackward(ids, CudaTensor.of(dOut), CudaTensor.of(dTable));
  }

  @Override
  public void addBias(Tensor bias, Tensor x) {
    layers.addBias(CudaTensor.of(bias), CudaTensor.of(x));
  }

  @Override
  public void addColumnSums(Tensor x, Tensor to) {
    sums.addColumnSums(CudaTensor.of(x), CudaTensor.of(to));
  }

  @Override
  public void normalize(Norm norm, Tensor x, Tensor out) {
    layers.normalize(norm, CudaTensor.of(x), CudaTensor.of(out));
  }

  @Override
  public void normalizeBackward(Norm norm, Tensor x, Tensor dOut, Tensor dx) {
    layers.normalizeBackward(norm, CudaTensor.of(x), CudaTensor.of(dOut), CudaTensor.of(dx));
  }

  @Override
  public void normalizeWeightGradients(
      Norm norm, Tensor x, Tensor dOut, Tensor dGain, Tensor dBias) {
    layers.normalizeWeightGradients(
        norm,
        CudaTensor.of(x),
        CudaTensor.of(dOut),
        CudaTensor.of(dGain),
        dBias == null ? null : CudaTensor.of(dBias));
  }

  @Override
  public void activate(Activation activation, Tensor x, Tensor out) {
    layers.activate(activation, CudaTensor.of(x), CudaTensor.of(out));
  }

  @Override
  public void activateBackward(Activation activation, Tensor x, Tensor dOut, Tensor dx) {
    layers.activateBackward(activation, CudaTensor.of(x), CudaTensor.of(dOut), CudaTensor.of(dx));
  }

  @Override
  public void gate(Activation activation, Gated in, Tensor out) {
    layers.gate(activation, in, CudaTensor.of(out));
  }

  @Override
  public void gateBackward(Activation activation, Gated in, Tensor dOut, Gated gradients) {
    layers.gateBackward(activation, in, CudaTensor.of(dOut), gradients);
  }

  @Override
  public void rotate(Rotary rotary, Tensor x) {
    layers.rotate(rotary, 1, CudaTensor.of(x));
  }

  @Override
  public void rotateBack(Rotary rotary, Tensor x) {
    layers.rotate(rotary, -1, CudaTensor.of(x));
  }

  @Override
  public void attention(AttentionShape shape, AttentionInputs in, Tensor out) {
    attention.forward(shape, in, CudaTensor.of(out));
  }

  @Override
  public void attentionBackward(
      AttentionShape shape,
      AttentionInputs in,
      Tensor out,
      Tensor dOut,
      AttentionInputs gradients) {
    attention.backward(shape, in, CudaTensor.of(out), CudaTensor.of(dOut), gradients);
  }

  @Override
  public void crossEntropy(Tensor logits, int[] targets, Tensor losses) {
    tokens.crossEntropy(CudaTensor.of(logits), targets, CudaTensor.of(losses));
  }

  @Override
  public void crossEntropyBackward(Tensor logits, Tensor goals, double[] weights) {
    tokens.crossEntropyBackward(CudaTensor.of(logits), CudaTensor.of(goals), weights);
  }

  @Override
  public void sample(Tensor logits, double[] uniforms, Tensor drawn) {
    tokens.sample(CudaTensor.of(logits), uniforms, CudaTensor.of(drawn));
  }

  @Override
  public void close() {
    if (isGuest) {
      return;
    }
    factorisations.close();
    blas.close();
    parts.kernels().close();
    parts.transfers().close();
    parts.pool().close();
    parts.context().close();
  }
}
