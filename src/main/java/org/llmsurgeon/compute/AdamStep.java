package org.llmsurgeon.compute;

/**
 * One step of Adam with bias correction (Kingma and Ba, 2015, algorithm 1) and decoupled weight
 * decay (Loshchilov and Hutter, 2019), element by element:
 *
 * <pre>
 * g &lt;- clip gradient
 * m &lt;- b1 m + (1 - b1) g        v &lt;- b2 v + (1 - b2) g^2
 * w &lt;- w - rate ((m / c1) / (sqrt(v / c2) + epsilon) + decay w)
 * </pre>
 *
 * @param rate length of the step
 * @param clip factor on the gradient
 * @param first {@code b1} and {@code c1}
 * @param second {@code b2} and {@code c2}
 * @param epsilon added to the root
 * @param decay of the weight, as a share of the rate
 */
public record AdamStep(
    double rate, double clip, Mean first, Mean second, double epsilon, double decay) {
  /**
   * A running mean that began at 0.
   *
   * @param kept share of it that is kept in a step
   * @param correction what it is divided by, {@code 1 - kept^t} in step {@code t}
   */
  public record Mean(double kept, double correction) {
    /**
     * The mean of a step.
     *
     * @param kept share that is kept
     * @param step from 1
     */
    public static Mean of(double kept, long step) {
      return new Mean(kept, 1 - Math.pow(kept, step));
    }

    private double next(double mean, double value) {
      return kept * mean + (1 - kept) * value;
    }
  }

  /**
   * The tensors of a step, all of one shape.
   *
   * @param value changed
   * @param gradient read
   * @param first running mean of the gradient, changed
   * @param second running mean of its square, changed
   */
  public record Tensors(Tensor value, Tensor gradient, Tensor first, Tensor second) {
    /** Checks the shapes. */
    public Tensors {
      ShapeChecks.sameShape("the value", value, "its gradient", gradient);
      ShapeChecks.sameShape("the value", value, "its mean", first);
      ShapeChecks.sameShape("the value", value, "its mean square", second);
    }
  }

  /** A step in Java, in double, a stretch of elements after the other. */
  void on(Device device, Tensors tensors) {
    int most = (int) Math.min(1 << 14, tensors.value.size());
    double[] values = new double[most];
    double[] gradients = new double[most];
    double[] means = new double[most];
    double[] squares = new double[most];
    for (long at = 0; at < tensors.value.size(); at += most) {
      int count = (int) Math.min(most, tensors.value.size() - at);
      device.download(tensors.value, at, values, 0, count);
      device.download(tensors.gradient, at, gradients, 0, count);
      device.download(tensors.first, at, means, 0, count);
      device.download(tensors.second, at, squares, 0, count);
      for (int i = 0; i < count; i++) {
        double g = clip * gradients[i];
        means[i] = first.next(means[i], g);
        squares[i] = second.kept * squares[i] + (1 - second.kept) * g * g;
        double direction =
            means[i] / first.correction / (Math.sqrt(squares[i] / second.correction) + epsilon);
        values[i] -= rate * (direction + decay * values[i]);
      }
      device.upload(values, 0, tensors.value, at, count);
      device.upload(means, 0, tensors.first, at, count);
      device.upload(squares, 0, tensors.second, at, count);
    }
  }
}
