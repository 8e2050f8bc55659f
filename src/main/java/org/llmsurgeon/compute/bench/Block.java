package org.llmsurgeon.compute.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.compute.AttentionInputs;
import org.llmsurgeon.compute.AttentionShape;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Gated;
import org.llmsurgeon.compute.Norm;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Rotary;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;

/**
 * One block of a transformer with random weights, its activations, and the sums of outer products
 * of what goes into its products and of the gradients of what comes out.
 */
final class Block implements AutoCloseable {
  private static final double EPSILON = 1e-5;
  private static final double ROTARY_BASE = 10000;
  private static final double WEIGHT_SCALE = 0.06;
  private static final int INPUT_SEED = 20;

  private final Device device;
  private final BlockShape shape;
  private final TensorScope scope;
  private final Map<String, Tensor> weights = new LinkedHashMap<>();
  private final Map<String, Tensor> sums = new LinkedHashMap<>();
  private final Norm norm;
  private final Rotary rotary;
  private final AttentionShape attention;
  private final Tensor in;
  private final Tensor dOut;
  private final Tensor middle;
  private final Tensor out;
  private final Tensor dIn;
  private final Tensor dMiddle;
  private final Tensor normalized;
  private final Tensor normalizedMiddle;
  private final Tensor dNormalized;
  private final AttentionInputs heads;
  private final AttentionInputs dHeads;
  private final Tensor attended;
  private final Tensor dAttended;
  private final Gated gated;
  private final Gated dGated;
  private final Tensor activated;
  private final Tensor dActivated;

  Block(Device device, BlockShape shape) {
    this.device = device;
    this.shape = shape;
    this.scope = new TensorScope(device);
    int width = shape.width();
    int inner = shape.inner();
    weight("q", width, width);
    weight("k", width, width);
    weight("v", width, width);
    weight("o", width, width);
    weight("gate", inner, width);
    weight("up", inner, width);
    weight("down", width, inner);
    this.norm = new Norm(Norm.Kind.RMS, ones(width), null, EPSILON);
    this.rotary = rotary();
    int head = width / shape.heads();
    this.attention =
        new AttentionShape(
            1, shape.tokens(), shape.heads(), shape.heads(), head, 1 / Math.sqrt(head));
    this.in = scope.own(Draw.tensor(device, INPUT_SEED, shape.tokens(), width, 2));
    this.dOut = scope.own(Draw.tensor(device, INPUT_SEED + 1, shape.tokens(), width, 2));
    this.middle = activations(width);
    this.out = activations(width);
    this.dIn = activations(width);
    this.dMiddle = activations(width);
    this.normalized = activations(width);
    this.normalizedMiddle = activations(width);
    this.dNormalized = activations(width);
    this.heads = headInputs();
    this.dHeads = headInputs();
    this.attended = activations(width);
    this.dAttended = activations(width);
    this.gated = new Gated(activations(inner), activations(inner));
    this.dGated = new Gated(activations(inner), activations(inner));
    this.activated = activations(inner);
    this.dActivated = activations(inner);
  }

  private void weight(String name, int rows, int columns) {
    int seed = weights.size() + 1;
    weights.put(name, scope.own(Draw.tensor(device, seed, rows, columns, WEIGHT_SCALE)));
  }

  private Tensor activations(int width) {
    return scope.empty(shape.tokens(), width);
  }

  private AttentionInputs headInputs() {
    int width = shape.width();
    return new AttentionInputs(activations(width), activations(width), activations(width));
  }

  private Tensor ones(int width) {
    double[] ones = new double[width];
    Arrays.fill(ones, 1);
    return scope.own(device.tensor(Precision.SINGLE, 1, width, ones));
  }

  private Rotary rotary() {
    int half = shape.width() / shape.heads() / 2;
    double[] cosine = new double[shape.tokens() * half];
    double[] sine = new double[cosine.length];
    for (int t = 0; t < shape.tokens(); t++) {
      for (int d = 0; d < half; d++) {
        double angle = t * Math.pow(ROTARY_BASE, -(double) d / half);
        cosine[t * half + d] = Math.cos(angle);
        sine[t * half + d] = Math.sin(angle);
      }
    }
    return new Rotary(
        scope.own(device.tensor(Precision.SINGLE, shape.tokens(), half, cosine)),
        scope.own(device.tensor(Precision.SINGLE, shape.tokens(), half, sine)),
        shape.tokens());
  }

  /** Forward, and the gradients of all activations. */
  void pass() {
    forward();
    backward();
  }

  private void forward() {
    device.normalize(norm, in, normalized);
    product(normalized, "q", 0, heads.queries());
    product(normalized, "k", 0, heads.keys());
    product(normalized, "v", 0, heads.values());
    device.rotate(rotary, heads.queries());
    device.rotate(rotary, heads.keys());
    device.attention(attention, heads, attended);
    device.copy(in, middle);
    product(attended, "o", 1, middle);
    device.normalize(norm, middle, normalizedMiddle);
    product(normalizedMiddle, "gate", 0, gated.gate());
    product(normalizedMiddle, "up", 0, gated.up());
    device.gate(Activation.SILU, gated, activated);
    device.copy(middle, out);
    product(activated, "down", 1, out);
  }

  private void backward() {
    back(dOut, "down", 0, dActivated);
    device.gateBackward(Activation.SILU, gated, dActivated, dGated);
    back(dGated.gate(), "gate", 0, dNormalized);
    back(dGated.up(), "up", 1, dNormalized);
    device.copy(dOut, dMiddle);
    device.normalizeBackward(norm, middle, dNormalized, dMiddle);
    back(dMiddle, "o", 0, dAttended);
    device.attentionBackward(attention, heads, attended, dAttended, dHeads);
    device.rotateBack(rotary, dHeads.queries());
    device.rotateBack(rotary, dHeads.keys());
    back(dHeads.queries(), "q", 0, dNormalized);
    back(dHeads.keys(), "k", 1, dNormalized);
    back(dHeads.values(), "v", 1, dNormalized);
    device.copy(dMiddle, dIn);
    device.normalizeBackward(norm, in, dNormalized, dIn);
  }

  /** {@code y = x W^T + beta y}. */
  private void product(Tensor x, String weight, double beta, Tensor y) {
    device.multiply(1, x, weights.get(weight).transposed(), beta, y);
  }

  /** {@code dx = dy W + beta dx}. */
  private void back(Tensor dy, String weight, double beta, Tensor dx) {
    device.multiply(1, dy, weights.get(weight), beta, dx);
  }

  /** Adds the outer products of all tokens to the sums. */
  void addFactors() {
    add("A.in", normalized);
    add("A.o", attended);
    add("A.ffn", normalizedMiddle);
    add("A.down", activated);
    add("G.q", dHeads.queries());
    add("G.k", dHeads.keys());
    add("G.v", dHeads.values());
    add("G.o", dMiddle);
    add("G.gate", dGated.gate());
    add("G.up", dGated.up());
    add("G.down", dOut);
  }

  private void add(String name, Tensor x) {
    int n = x.columns();
    int size = Math.toIntExact((long) n * (n + 1L) / 2);
    Tensor sum = sums.computeIfAbsent(name, each -> scope.zeros(Precision.DOUBLE, 1, size));
    device.addGramPacked(1, x, sum);
  }

  /** What a pass and its sums came to, by name: {@code out}, {@code dIn} and the factors. */
  Map<String, Tensor> results() {
    Map<String, Tensor> results = new LinkedHashMap<>();
    results.put("out", out);
    results.put("dIn", dIn);
    results.putAll(sums);
    return results;
  }

  @Override
  public void close() {
    scope.close();
  }
}
