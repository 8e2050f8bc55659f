package org.llmsurgeon.compute.cpu.kernel;

import org.llmsurgeon.compute.Activation;

/**
 * The inner loops of the network kernels that a compiler does not vectorise by itself, over tiles
 * of Java arrays. Every array is at least {@link #padded}{@code (n)} long; what lies from {@code n}
 * on is never looked at, but may be overwritten with anything, so that kernels need no code for the
 * rest of a vector.
 */
public sealed interface CpuRowKernels permits VectorKernels, ScalarKernels {
  /** Multiple of every vector length in use. */
  int PADDING = 64;

  /** Length of an array that holds {@code n} elements and room for the rest of the last vector. */
  static int padded(int n) {
    return (n + PADDING - 1) / PADDING * PADDING;
  }

  /**
   * The fastest kernels that this Java machine can load: those of the Vector API, or plain loops
   * where the module {@code jdk.incubator.vector} was not added or the system property {@code
   * surgeon.vector} is {@code false}.
   */
  static CpuRowKernels fastest() {
    if (!Boolean.parseBoolean(System.getProperty("surgeon.vector", "true"))) {
      return plain();
    }
    try {
      return new VectorKernels();
    } catch (LinkageError moduleIsNotThere) {
      return plain();
    }
  }

  /** Plain loops, which every Java machine can load. */
  static CpuRowKernels plain() {
    return new ScalarKernels();
  }

  /** {@code value = activation(x)}; the arrays are different ones. */
  void activate(Activation activation, float[] x, float[] value, int n);

  /**
   * {@code value = activation(x)}, {@code slope = activation'(x)}; the arrays are different ones.
   */
  void differentiate(Activation activation, float[] x, float[] value, float[] slope, int n);

  /** Largest element, NaN if there is one; minus infinity of none. */
  float max(float[] x, int n);

  /** {@code sum_i x_i}, in double. */
  double sum(float[] x, int n);

  /** {@code sum_i x_i y_i}, in double. */
  double dot(float[] x, float[] y, int n);

  /** {@code sums_i += x_i}. */
  void add(float[] x, double[] sums, int n);

  /** {@code sums_i += x_i y_i}, in double. */
  void addProducts(float[] x, float[] y, double[] sums, int n);

  /** {@code x_i <- exp(x_i - shift)}; returns the sum, in double. */
  double exponentials(float[] x, float shift, int n);

  /** {@code dp_i <- p_i (dp_i - shift)}: the way back through a softmax. */
  void softmaxBackward(float[] p, float[] dp, float shift, int n);

  /**
   * Turns the pairs {@code (x[at + d], x[at + half + d])} by the angles given; writes nothing else.
   */
  void rotate(float[] x, int at, float[] cosine, float[] sine, int half);
}
