package org.llmsurgeon.compute.cpu.kernel;

import static org.llmsurgeon.compute.cpu.kernel.VectorFunctions.SPECIES;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.llmsurgeon.compute.Activation;

/** {@link CpuRowKernels} with the Vector API; see {@link VectorFunctions} for its style. */
final class VectorKernels implements CpuRowKernels {
  private static final int LANES = SPECIES.length();

  /**
   * Vectors of the same size, for which two conversions of a vector of floats are needed. With
   * vectors of half as many floats one would do, and every kernel would become slower: Java's
   * methods would then have met two kinds of float vectors, and where C2 cannot see which of them a
   * result is, it puts it on the heap. The exponential alone took half the time of a pass.
   */
  private static final VectorSpecies<Double> DOUBLES =
      VectorSpecies.of(double.class, SPECIES.vectorShape());

  /** As many floats as there are doubles in a vector. */
  private static final int HALF = DOUBLES.length();

  private static final float INVERSE_ROOT_TWO_PI = 0.3989422804f;
  private static final float TANH_SCALE_DOUBLED = 1.5957691216f;
  private static final float TANH_CUBE = 0.044715f;

  /** Beyond this the factor of tanh is 0 or 1, and its cube does not overflow. */
  private static final float TANH_END = 1e4f;

  /** Keeps {@code tail / (1 + tail)} from becoming infinity by infinity. */
  private static final float LARGEST_TAIL = 1e37f;

  @Override
  public void activate(Activation activation, float[] x, float[] value, int n) {
    switch (activation) {
      case RELU -> relu(x, value, n);
      case GELU -> {
        VectorFunctions.bell(x, value, n);
        VectorFunctions.normal(x, value, n);
        multiply(x, value, n);
      }
      case GELU_TANH -> {
        tanhTail(x, value, n);
        divideByOneAndTail(x, value, n);
      }
      case SILU -> {
        logisticTail(x, value, n);
        divideByOneAndTail(x, value, n);
      }
      case TANH -> tanh(x, value, n);
    }
  }

  private static void tanh(float[] x, float[] value, int n) {
    for (int i = 0; i < n; i++) {
      value[i] = (float) Math.tanh(x[i]);
    }
  }

  @Override
  public void differentiate(Activation activation, float[] x, float[] value, float[] slope, int n) {
    switch (activation) {
      case RELU -> {
        relu(x, value, n);
        reluSlope(x, slope, n);
      }
      case GELU -> {
        VectorFunctions.bell(x, slope, n);
        System.arraycopy(slope, 0, value, 0, n);
        VectorFunctions.normal(x, value, n);
        geluSlope(x, value, slope, n);
        multiply(x, value, n);
      }
      case GELU_TANH -> {
        tanhTail(x, slope, n);
        System.arraycopy(slope, 0, value, 0, n);
        divideByOneAndTail(x, value, n);
        tanhSlope(x, slope, n);
      }
      case SILU -> {
        logisticTail(x, slope, n);
        System.arraycopy(slope, 0, value, 0, n);
        divideByOneAndTail(x, value, n);
        siluSlope(x, slope, n);
      }
      case TANH -> {
        for (int i = 0; i < n; i++) {
          double tanh = Math.tanh(x[i]);
          value[i] = (float) tanh;
          slope[i] = (float) ((1 - tanh) * (1 + tanh));
        }
      }
    }
  }

  private static void multiply(float[] x, float[] value, int n) {
    for (int i = 0; i < n; i++) {
      value[i] *= x[i];
    }
  }

  private static void relu(float[] x, float[] value, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector.fromArray(SPECIES, x, i).max(0f).intoArray(value, i);
    }
  }

  /** 1 or 0, and NaN for NaN. */
  private static void reluSlope(float[] x, float[] slope, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i);
      FloatVector rest = v.sub(v);
      rest.blend(1f, v.compare(VectorOperators.GT, 0f)).intoArray(slope, i);
    }
  }

  /** {@code tail = exp(-x)}: the logistic function of {@code x} is {@code 1 / (1 + tail)}. */
  private static void logisticTail(float[] x, float[] tail, int n) {
    for (int i = 0; i < n; i++) {
      tail[i] = -x[i];
    }
    VectorFunctions.exp(tail, 0, n);
  }

  /**
   * {@code tail = exp(-2 u)} with {@code u = sqrt(2 / pi) (x + 0.044715 x^3)}: GELU's {@code (1 +
   * tanh u) / 2} is {@code 1 / (1 + tail)}.
   */
  private static void tanhTail(float[] x, float[] tail, int n) {
    FloatVector cube = FloatVector.broadcast(SPECIES, -TANH_SCALE_DOUBLED * TANH_CUBE);
    FloatVector scale = FloatVector.broadcast(SPECIES, -TANH_SCALE_DOUBLED);
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i).max(-TANH_END).min(TANH_END);
      v.mul(v).fma(cube, scale).mul(v).intoArray(tail, i);
    }
    VectorFunctions.exp(tail, 0, n);
  }

  /** {@code value <- x / (1 + value)}. */
  private static void divideByOneAndTail(float[] x, float[] value, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector below = FloatVector.fromArray(SPECIES, value, i).add(1f);
      FloatVector.fromArray(SPECIES, x, i).div(below).intoArray(value, i);
    }
  }

  /**
   * {@code s (1 + x (1 - s))} with {@code s = 1 / (1 + tail)}. {@code 1 - s} is taken as {@code
   * tail s}, which does not cancel.
   *
   * @param slope holds the tail before
   */
  private static void siluSlope(float[] x, float[] slope, int n) {
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    for (int i = 0; i < n; i += LANES) {
      FloatVector tail = FloatVector.fromArray(SPECIES, slope, i);
      FloatVector v = FloatVector.fromArray(SPECIES, x, i);
      FloatVector s = one.div(tail.add(1f));
      FloatVector rest = tail.min(LARGEST_TAIL).mul(s);
      s.mul(rest).fma(v, s).intoArray(slope, i);
    }
  }

  /** {@code s + x s (1 - s) du/dx}; as {@link #siluSlope}. */
  private static void tanhSlope(float[] x, float[] slope, int n) {
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    FloatVector cube = FloatVector.broadcast(SPECIES, 3 * TANH_SCALE_DOUBLED * TANH_CUBE);
    FloatVector scale = FloatVector.broadcast(SPECIES, TANH_SCALE_DOUBLED);
    for (int i = 0; i < n; i += LANES) {
      FloatVector tail = FloatVector.fromArray(SPECIES, slope, i);
      FloatVector v = FloatVector.fromArray(SPECIES, x, i).max(-TANH_END).min(TANH_END);
      FloatVector s = one.div(tail.add(1f));
      FloatVector rest = tail.min(LARGEST_TAIL).mul(s);
      FloatVector steep = v.mul(v).fma(cube, scale);
      s.mul(rest).mul(v).fma(steep, s).intoArray(slope, i);
    }
  }

  /**
   * {@code Phi(x) + x phi(x)}.
   *
   * @param normal {@code Phi(x)}
   * @param slope holds the bell before
   */
  private static void geluSlope(float[] x, float[] normal, float[] slope, int n) {
    for (int i = 0; i < n; i++) {
      slope[i] = normal[i] + INVERSE_ROOT_TWO_PI * x[i] * slope[i];
    }
  }

  @Override
  public float max(float[] x, int n) {
    FloatVector most = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    FloatVector other = most;
    int whole = n - n % (2 * LANES);
    for (int i = 0; i < whole; i += 2 * LANES) {
      most = most.max(FloatVector.fromArray(SPECIES, x, i));
      other = other.max(FloatVector.fromArray(SPECIES, x, i + LANES));
    }
    float max = most.max(other).reduceLanes(VectorOperators.MAX);
    for (int i = whole; i < n; i++) {
      max = Math.max(max, x[i]);
    }
    return max;
  }

  @Override
  public double sum(float[] x, int n) {
    DoubleVector low = DoubleVector.zero(DOUBLES);
    DoubleVector high = DoubleVector.zero(DOUBLES);
    int whole = n - n % LANES;
    for (int i = 0; i < whole; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i);
      low = low.add(v.convert(VectorOperators.F2D, 0));
      high = high.add(v.convert(VectorOperators.F2D, 1));
    }
    double sum = low.add(high).reduceLanes(VectorOperators.ADD);
    for (int i = whole; i < n; i++) {
      sum += x[i];
    }
    return sum;
  }

  @Override
  public double dot(float[] x, float[] y, int n) {
    DoubleVector low = DoubleVector.zero(DOUBLES);
    DoubleVector high = DoubleVector.zero(DOUBLES);
    int whole = n - n % LANES;
    for (int i = 0; i < whole; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i);
      FloatVector w = FloatVector.fromArray(SPECIES, y, i);
      var lowProduct = v.convert(VectorOperators.F2D, 0).mul(w.convert(VectorOperators.F2D, 0));
      var highProduct = v.convert(VectorOperators.F2D, 1).mul(w.convert(VectorOperators.F2D, 1));
      low = low.add(lowProduct);
      high = high.add(highProduct);
    }
    double sum = low.add(high).reduceLanes(VectorOperators.ADD);
    for (int i = whole; i < n; i++) {
      sum += (double) x[i] * y[i];
    }
    return sum;
  }

  @Override
  public void add(float[] x, double[] sums, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i);
      DoubleVector.fromArray(DOUBLES, sums, i)
          .add(v.convert(VectorOperators.F2D, 0))
          .intoArray(sums, i);
      DoubleVector.fromArray(DOUBLES, sums, i + HALF)
          .add(v.convert(VectorOperators.F2D, 1))
          .intoArray(sums, i + HALF);
    }
  }

  @Override
  public void addProducts(float[] x, float[] y, double[] sums, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i);
      FloatVector w = FloatVector.fromArray(SPECIES, y, i);
      var low = v.convert(VectorOperators.F2D, 0).mul(w.convert(VectorOperators.F2D, 0));
      var high = v.convert(VectorOperators.F2D, 1).mul(w.convert(VectorOperators.F2D, 1));
      DoubleVector.fromArray(DOUBLES, sums, i).add(low).intoArray(sums, i);
      DoubleVector.fromArray(DOUBLES, sums, i + HALF).add(high).intoArray(sums, i + HALF);
    }
  }

  @Override
  public double exponentials(float[] x, float shift, int n) {
    VectorFunctions.exp(x, shift, n);
    return sum(x, n);
  }

  @Override
  public void softmaxBackward(float[] p, float[] dp, float shift, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector.fromArray(SPECIES, dp, i)
          .sub(shift)
          .mul(FloatVector.fromArray(SPECIES, p, i))
          .intoArray(dp, i);
    }
  }

  @Override
  public void rotate(float[] x, int at, float[] cosine, float[] sine, int half) {
    int whole = half - half % LANES;
    for (int d = 0; d < whole; d += LANES) {
      FloatVector first = FloatVector.fromArray(SPECIES, x, at + d);
      FloatVector second = FloatVector.fromArray(SPECIES, x, at + half + d);
      FloatVector c = FloatVector.fromArray(SPECIES, cosine, d);
      FloatVector s = FloatVector.fromArray(SPECIES, sine, d);
      first.mul(c).sub(second.mul(s)).intoArray(x, at + d);
      second.mul(c).add(first.mul(s)).intoArray(x, at + half + d);
    }
    for (int d = whole; d < half; d++) {
      float first = x[at + d];
      float second = x[at + half + d];
      x[at + d] = first * cosine[d] - second * sine[d];
      x[at + half + d] = second * cosine[d] + first * sine[d];
    }
  }
}
