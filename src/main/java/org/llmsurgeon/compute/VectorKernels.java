package org.llmsurgeon.compute;

import static org.llmsurgeon.compute.VectorMath.SPECIES;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** {@link CpuRowKernels} with the Vector API. */
final class VectorKernels implements CpuRowKernels {
  private static final int LANES = SPECIES.length();

  private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;

  /** As many floats as there are doubles in a vector. */
  private static final int HALF = DOUBLES.length();

  private static final VectorSpecies<Float> FLOATS =
      VectorSpecies.of(float.class, VectorShape.forBitSize(Float.SIZE * HALF));

  @Override
  public void activate(Activation activation, float[] x, float[] value, int n) {
    switch (activation) {
      case RELU -> {
        for (int i = 0; i < n; i += LANES) {
          load(x, i).max(0f).intoArray(value, i);
        }
      }
      case GELU -> {
        for (int i = 0; i < n; i += LANES) {
          FloatVector v = load(x, i);
          v.mul(VectorMath.normal(v, VectorMath.bell(v))).intoArray(value, i);
        }
      }
      case GELU_TANH -> {
        for (int i = 0; i < n; i += LANES) {
          FloatVector v = load(x, i);
          v.mul(VectorMath.logistic(VectorMath.tanhTail(v))).intoArray(value, i);
        }
      }
      case SILU -> {
        for (int i = 0; i < n; i += LANES) {
          FloatVector v = load(x, i);
          v.mul(VectorMath.logistic(VectorMath.exp(v.neg()))).intoArray(value, i);
        }
      }
    }
  }

  @Override
  public void differentiate(Activation activation, float[] x, float[] value, float[] slope, int n) {
    switch (activation) {
      case RELU -> differentiateRelu(x, value, slope, n);
      case GELU -> {
        for (int i = 0; i < n; i += LANES) {
          FloatVector v = load(x, i);
          FloatVector bell = VectorMath.bell(v);
          FloatVector normal = VectorMath.normal(v, bell);
          v.mul(normal).intoArray(value, i);
          VectorMath.geluSlope(v, bell, normal).intoArray(slope, i);
        }
      }
      case GELU_TANH -> {
        for (int i = 0; i < n; i += LANES) {
          FloatVector v = load(x, i);
          FloatVector tail = VectorMath.tanhTail(v);
          FloatVector s = VectorMath.logistic(tail);
          v.mul(s).intoArray(value, i);
          VectorMath.tanhSlope(v, tail, s).intoArray(slope, i);
        }
      }
      case SILU -> {
        for (int i = 0; i < n; i += LANES) {
          FloatVector v = load(x, i);
          FloatVector tail = VectorMath.exp(v.neg());
          FloatVector s = VectorMath.logistic(tail);
          v.mul(s).intoArray(value, i);
          VectorMath.siluSlope(v, tail, s).intoArray(slope, i);
        }
      }
    }
  }

  private static void differentiateRelu(float[] x, float[] value, float[] slope, int n) {
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = load(x, i);
      v.max(0f).intoArray(value, i);
      FloatVector nan = v.sub(v);
      nan.blend(1f, v.compare(VectorOperators.GT, zero)).intoArray(slope, i);
    }
  }

  @Override
  public float max(float[] x, int n) {
    FloatVector most = VectorMath.all(Float.NEGATIVE_INFINITY);
    int whole = n - n % LANES;
    for (int i = 0; i < whole; i += LANES) {
      most = most.max(load(x, i));
    }
    float max = most.reduceLanes(VectorOperators.MAX);
    for (int i = whole; i < n; i++) {
      max = Math.max(max, x[i]);
    }
    return max;
  }

  @Override
  public double sum(float[] x, int n) {
    DoubleVector first = DoubleVector.zero(DOUBLES);
    DoubleVector second = first;
    int whole = n - n % LANES;
    for (int i = 0; i < whole; i += LANES) {
      first = first.add(doubles(x, i));
      second = second.add(doubles(x, i + HALF));
    }
    double sum = first.add(second).reduceLanes(VectorOperators.ADD);
    for (int i = whole; i < n; i++) {
      sum += x[i];
    }
    return sum;
  }

  @Override
  public double dot(float[] x, float[] y, int n) {
    DoubleVector first = DoubleVector.zero(DOUBLES);
    DoubleVector second = first;
    int whole = n - n % LANES;
    for (int i = 0; i < whole; i += LANES) {
      first = doubles(x, i).fma(doubles(y, i), first);
      second = doubles(x, i + HALF).fma(doubles(y, i + HALF), second);
    }
    double sum = first.add(second).reduceLanes(VectorOperators.ADD);
    for (int i = whole; i < n; i++) {
      sum += (double) x[i] * y[i];
    }
    return sum;
  }

  @Override
  public void add(float[] x, double[] sums, int n) {
    for (int i = 0; i < n; i += HALF) {
      DoubleVector.fromArray(DOUBLES, sums, i).add(doubles(x, i)).intoArray(sums, i);
    }
  }

  @Override
  public void addProducts(float[] x, float[] y, double[] sums, int n) {
    for (int i = 0; i < n; i += HALF) {
      DoubleVector sum = DoubleVector.fromArray(DOUBLES, sums, i);
      doubles(x, i).fma(doubles(y, i), sum).intoArray(sums, i);
    }
  }

  @Override
  public double exponentials(float[] x, float shift, int n) {
    for (int i = 0; i < n; i += LANES) {
      VectorMath.exp(load(x, i).sub(shift)).intoArray(x, i);
    }
    return sum(x, n);
  }

  @Override
  public void softmaxBackward(float[] p, float[] dp, float shift, int n) {
    for (int i = 0; i < n; i += LANES) {
      load(dp, i).sub(shift).mul(load(p, i)).intoArray(dp, i);
    }
  }

  @Override
  public void rotate(float[] x, int at, float[] cosine, float[] sine, int half) {
    int whole = half - half % LANES;
    for (int d = 0; d < whole; d += LANES) {
      FloatVector first = load(x, at + d);
      FloatVector second = load(x, at + half + d);
      FloatVector c = load(cosine, d);
      FloatVector s = load(sine, d);
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

  /** Floats as doubles; this conversion, unlike those to int, is fast on Java 17 too. */
  private static DoubleVector doubles(float[] x, int at) {
    FloatVector floats = FloatVector.fromArray(FLOATS, x, at);
    return (DoubleVector) floats.convertShape(VectorOperators.F2D, DOUBLES, 0);
  }

  private static FloatVector load(float[] x, int at) {
    return FloatVector.fromArray(SPECIES, x, at);
  }
}
