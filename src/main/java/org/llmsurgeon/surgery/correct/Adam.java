package org.llmsurgeon.surgery.correct;

import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;

/**
 * Adam with bias correction (Kingma and Ba, 2015, algorithm 1), decoupled weight decay (Loshchilov
 * and Hutter, 2019) and clipping by the global norm. With gradient {@code g} of step {@code t},
 * after clipping:
 *
 * <pre>
 * m &lt;- b1 m + (1 - b1) g        v &lt;- b2 v + (1 - b2) g^2
 * w &lt;- w - rate ((m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon) + decay w)
 * </pre>
 *
 * <p>Knows parameters only, no model: anything that has a value and a gradient can be trained.
 * Keeps two floats for each weight; the arithmetic of a step is in double, one parameter after the
 * other on the calling thread, so equal calls give equal bits.
 */
public final class Adam {
  private static final int CHUNK = 1 << 14;

  private final Device device;
  private final AdamOptions options;
  private final List<Moments> parameters = new ArrayList<>();
  private final double[] values = new double[CHUNK];
  private final double[] gradients = new double[CHUNK];
  private long step;

  /**
   * Something to train.
   *
   * @param name for messages
   * @param value changed in place by each step
   * @param gradient same shape; read by each step, written by whoever computes gradients
   */
  public record Parameter(String name, Tensor value, Tensor gradient) {
    /** Checks the shapes. */
    public Parameter {
      if (value.rows() != gradient.rows() || value.columns() != gradient.columns()) {
        throw new IllegalArgumentException(
            "%s is [%d, %d], its gradient [%d, %d]"
                .formatted(
                    name, value.rows(), value.columns(), gradient.rows(), gradient.columns()));
      }
    }
  }

  /**
   * An optimiser before its first step.
   *
   * @param device where the parameters live
   * @param parameters what to train; their tensors stay the caller's and must outlive this
   * @param options how to step
   */
  public Adam(Device device, List<Parameter> parameters, AdamOptions options) {
    this.device = device;
    this.options = options;
    parameters.forEach(each -> this.parameters.add(new Moments(each)));
  }

  /**
   * One step of all parameters against their gradients. Gradients are left as they are.
   *
   * @param learningRate length of the step, at least 0
   * @return norm of all gradients as one vector, before clipping
   * @throws ArithmeticException naming the parameter and the step, where a gradient is not finite;
   *     nothing has changed then
   */
  public double step(double learningRate) {
    if (!(learningRate >= 0) || Double.isInfinite(learningRate)) {
      throw new IllegalArgumentException("a learning rate of " + learningRate);
    }
    double norm = norm();
    step++;
    double clip = norm > options.largestNorm() ? options.largestNorm() / norm : 1;
    for (Moments each : parameters) {
      long size = each.parameter.value().size();
      for (long at = 0; at < size; at += CHUNK) {
        update(each, at, (int) Math.min(CHUNK, size - at), new Scales(learningRate, clip));
      }
    }
    return norm;
  }

  /**
   * Writes the running means of all parameters, for {@link #resume}.
   *
   * @param first of the gradients: a tensor of the size of each parameter, in single precision
   * @param second of their squares, likewise
   */
  public void save(List<Tensor> first, List<Tensor> second) {
    for (int i = 0; i < parameters.size(); i++) {
      Moments own = parameters.get(i);
      device.upload(own.first, 0, first.get(i), 0, own.first.length);
      device.upload(own.second, 0, second.get(i), 0, own.second.length);
    }
  }

  /**
   * Goes on after some steps, as if they had been done here. The parameters are the caller's.
   *
   * @param steps that were done
   * @param first as {@link #save} has written it
   * @param second as {@link #save} has written it
   */
  public void resume(long steps, List<Tensor> first, List<Tensor> second) {
    step = steps;
    for (int i = 0; i < parameters.size(); i++) {
      Moments own = parameters.get(i);
      device.download(first.get(i), 0, own.first, 0, own.first.length);
      device.download(second.get(i), 0, own.second, 0, own.second.length);
    }
  }

  private double norm() {
    double squares = 0;
    for (Moments each : parameters) {
      double own = 0;
      for (double row : device.rowDots(each.parameter.gradient(), each.parameter.gradient())) {
        own += row;
      }
      if (!Double.isFinite(own)) {
        throw new ArithmeticException(
            "The gradient of %s is not finite in step %d of training; a smaller learning rate helps."
                .formatted(each.parameter.name(), step + 1));
      }
      squares += own;
    }
    return Math.sqrt(squares);
  }

  private void update(Moments moments, long at, int count, Scales scales) {
    Parameter parameter = moments.parameter;
    device.download(parameter.value(), at, values, 0, count);
    device.download(parameter.gradient(), at, gradients, 0, count);
    double b1 = options.firstDecay();
    double b2 = options.secondDecay();
    double firstBias = 1 - Math.pow(b1, step);
    double secondBias = 1 - Math.pow(b2, step);
    double decay = parameter.value().rows() > 1 ? options.weightDecay() : 0;
    for (int i = 0; i < count; i++) {
      int j = Math.toIntExact(at + i);
      double g = scales.clip * gradients[i];
      double m = b1 * moments.first[j] + (1 - b1) * g;
      double v = b2 * moments.second[j] + (1 - b2) * g * g;
      moments.first[j] = (float) m;
      moments.second[j] = (float) v;
      double direction = m / firstBias / (Math.sqrt(v / secondBias) + options.epsilon());
      values[i] -= scales.learningRate * (direction + decay * values[i]);
    }
    device.upload(values, 0, parameter.value(), at, count);
  }

  /** The numbers that are the same for all weights of a step. */
  private record Scales(double learningRate, double clip) {}

  /** A parameter with the running means of its gradient and of its squares. */
  private static final class Moments {
    private final Parameter parameter;
    private final float[] first;
    private final float[] second;

    Moments(Parameter parameter) {
      this.parameter = parameter;
      first = new float[Math.toIntExact(parameter.value().size())];
      second = new float[first.length];
    }
  }
}
