package org.llmsurgeon.surgery.correct;

import java.util.List;
import org.llmsurgeon.compute.AdamStep;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;

/**
 * Adam over several parameters ({@link AdamStep} is a step of one), with clipping by the norm of
 * all gradients as one vector.
 *
 * <p>Knows parameters only, no model: anything that has a value and a gradient can be trained. The
 * arithmetic of a step is in double on the device, one parameter after the other, so equal calls
 * give equal bits.
 */
public final class Adam {
  private final Device device;
  private final AdamOptions options;
  private final List<Parameter> parameters;
  private long step;

  /**
   * Something to train.
   *
   * @param name for messages
   * @param tensors its value, changed in place by each step; its gradient, written by whoever
   *     computes it; and its running means, which start at 0 and are all that an optimiser keeps
   */
  public record Parameter(String name, AdamStep.Tensors tensors) {}

  /**
   * An optimiser.
   *
   * @param device where the parameters live
   * @param parameters what to train; their tensors stay the caller's and must outlive this
   * @param options how to step
   * @param done steps that their means have seen
   */
  public Adam(Device device, List<Parameter> parameters, AdamOptions options, long done) {
    this.device = device;
    this.options = options;
    this.parameters = List.copyOf(parameters);
    this.step = done;
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
    for (Parameter each : parameters) {
      double decay = each.tensors().value().rows() > 1 ? options.weightDecay() : 0;
      AdamStep own =
          new AdamStep(
              learningRate,
              clip,
              AdamStep.Mean.of(options.firstDecay(), step),
              AdamStep.Mean.of(options.secondDecay(), step),
              options.epsilon(),
              decay);
      device.adam(own, each.tensors());
    }
    return norm;
  }

  private double norm() {
    double squares = 0;
    for (Parameter each : parameters) {
      Tensor gradient = each.tensors().gradient();
      double own = 0;
      for (double row : device.rowDots(gradient, gradient)) {
        own += row;
      }
      if (!Double.isFinite(own)) {
        throw new ArithmeticException(
            "The gradient of %s is not finite in step %d of training; a smaller learning rate helps."
                .formatted(each.name(), step + 1));
      }
      squares += own;
    }
    return Math.sqrt(squares);
  }
}
