package org.llmsurgeon.compute;

import static org.llmsurgeon.compute.VectorMath.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** {@link CpuRowKernels} with the Vector API. */
final class VectorKernels implements CpuRowKernels {
  private static final int LANES = SPECIES.length();

  /** Additions in float per lane before a sum goes on in double. */
  private static final int RUN = 8 * LANES;

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
          v.mul(VectorMath.tanhGate(v)).intoArray(value, i);
        }
      }
      case SILU -> {
        for (int i = 0; i < n; i += LANES) {
          FloatVector v = load(x, i);
          v.mul(VectorMath.logistic(v)).intoArray(value, i);
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
          FloatVector s = VectorMath.tanhGate(v);
          v.mul(s).intoArray(value, i);
          VectorMath.tanhSlope(v, s).intoArray(slope, i);
        }
      }
      case SILU -> {
        for (int i = 0; i < n; i += LANES) {
          FloatVector v = load(x, i);
          FloatVector s = VectorMath.logistic(v);
          v.mul(s).intoArray(value, i);
          VectorMath.siluSlope(v, s).intoArray(slope, i);
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
    double total = 0;
    int whole = n - n % LANES;
    for (int from = 0; from < whole; from += RUN) {
      int to = Math.min(whole, from + RUN);
      FloatVector sum = FloatVector.zero(SPECIES);
      for (int i = from; i < to; i += LANES) {
        sum = sum.add(load(x, i));
      }
      total += sum.reduceLanes(VectorOperators.ADD);
    }
    for (int i = whole; i < n; i++) {
      total += x[i];
    }
    return total;
  }

  @Override
  public double dot(float[] x, float[] y, int n) {
    double total = 0;
    int whole = n - n % LANES;
    for (int from = 0; from < whole; from += RUN) {
      int to = Math.min(whole, from + RUN);
      FloatVector sum = FloatVector.zero(SPECIES);
      for (int i = from; i < to; i += LANES) {
        sum = load(x, i).fma(load(y, i), sum);
      }
      total += sum.reduceLanes(VectorOperators.ADD);
    }
    for (int i = whole; i < n; i++) {
      total += (double) x[i] * y[i];
    }
    return total;
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

  private static FloatVector load(float[] x, int at) {
    return FloatVector.fromArray(SPECIES, x, at);
  }
}
