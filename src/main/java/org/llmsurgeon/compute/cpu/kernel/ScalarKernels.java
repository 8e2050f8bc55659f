package org.llmsurgeon.compute.cpu.kernel;

import org.llmsurgeon.compute.Activation;

/** {@link CpuRowKernels} in plain Java, with the functions of {@link Math} in double. */
final class ScalarKernels implements CpuRowKernels {
  private static final double TANH_SCALE = Math.sqrt(2 / Math.PI);
  private static final double TANH_CUBE = 0.044715;

  @Override
  public void activate(Activation activation, float[] x, float[] value, int n) {
    for (int i = 0; i < n; i++) {
      double v = x[i];
      value[i] =
          (float)
              switch (activation) {
                case RELU -> Math.max(0, v);
                case GELU -> v * normal(v);
                case GELU_TANH -> v * logistic(2 * tanhArgument(v));
                case SILU -> v * logistic(v);
                case TANH -> Math.tanh(v);
              };
    }
  }

  @Override
  public void differentiate(Activation activation, float[] x, float[] value, float[] slope, int n) {
    for (int i = 0; i < n; i++) {
      double v = x[i];
      slope[i] = (float) slope(activation, v);
    }
    activate(activation, x, value, n);
  }

  private static double slope(Activation activation, double v) {
    return switch (activation) {
      case RELU -> v > 0 ? 1 : v <= 0 ? 0 : Double.NaN;
      case GELU -> normal(v) + v * Math.exp(-v * v / 2) / Math.sqrt(2 * Math.PI);
      case GELU_TANH -> {
        double s = logistic(2 * tanhArgument(v));
        yield s + v * s * (1 - s) * 2 * TANH_SCALE * (1 + 3 * TANH_CUBE * v * v);
      }
      case SILU -> {
        double s = logistic(v);
        yield s * (1 + v * (1 - s));
      }
      case TANH -> 1 - Math.tanh(v) * Math.tanh(v);
    };
  }

  private static double tanhArgument(double v) {
    return TANH_SCALE * (v + TANH_CUBE * v * v * v);
  }

  private static double logistic(double v) {
    return 1 / (1 + Math.exp(-v));
  }

  private static double normal(double x) {
    return x < 0 ? ScalarNormalTail.at(-x) : 1 - ScalarNormalTail.at(x);
  }

  @Override
  public float max(float[] x, int n) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      max = Math.max(max, x[i]);
    }
    return max;
  }

  @Override
  public double sum(float[] x, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += x[i];
    }
    return sum;
  }

  @Override
  public double dot(float[] x, float[] y, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += (double) x[i] * y[i];
    }
    return sum;
  }

  @Override
  public void add(float[] x, double[] sums, int n) {
    for (int i = 0; i < n; i++) {
      sums[i] += x[i];
    }
  }

  @Override
  public void addProducts(float[] x, float[] y, double[] sums, int n) {
    for (int i = 0; i < n; i++) {
      sums[i] += (double) x[i] * y[i];
    }
  }

  @Override
  public double exponentials(float[] x, float shift, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      x[i] = (float) Math.exp((double) x[i] - shift);
      sum += x[i];
    }
    return sum;
  }

  @Override
  public void softmaxBackward(float[] p, float[] dp, float shift, int n) {
    for (int i = 0; i < n; i++) {
      dp[i] = p[i] * (dp[i] - shift);
    }
  }

  @Override
  public void rotate(float[] x, int at, float[] cosine, float[] sine, int half) {
    for (int d = 0; d < half; d++) {
      float first = x[at + d];
      float second = x[at + half + d];
      x[at + d] = first * cosine[d] - second * sine[d];
      x[at + half + d] = second * cosine[d] + first * sine[d];
    }
  }
}
