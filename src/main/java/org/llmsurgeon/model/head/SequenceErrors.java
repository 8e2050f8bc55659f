package org.llmsurgeon.model.head;

import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.BatchTargets;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Workspace;

/**
 * Networks that say numbers of each sequence, not a distribution: the loss of a sequence is half
 * the squared length of its error, and its first token has it. Nothing is asked of the device.
 */
final class SequenceErrors {
  private SequenceErrors() {}

  /** Index of each sequence's first token in the batch. */
  static int[] firsts(Pass pass) {
    int[] firsts = new int[pass.batch().sequences()];
    for (int sequence = 0; sequence < firsts.length; sequence++) {
      firsts[sequence] = sequence * pass.batch().length();
    }
    return firsts;
  }

  /**
   * {@code 1/2 |e|^2} at each first token, 0 elsewhere.
   *
   * @param errors {@code [sequences, width]}
   * @param losses {@code [tokens, 1]} of double precision, written
   */
  static void losses(Pass pass, Tensor errors, Tensor losses) {
    Device device = pass.device();
    try (Workspace work = pass.workspace()) {
      Tensor squares = work.perRow(errors.rows());
      device.rowDots(errors, errors, squares);
      device.scale(0.5, squares);
      device.scale(0, losses);
      device.scatter(squares, firsts(pass), null, losses);
    }
  }

  /**
   * Numbers of the normal distribution in place of errors.
   *
   * @param errors {@code [sequences, width]}, written
   */
  static void draw(Pass pass, BatchTargets targets, Tensor errors) {
    int width = errors.columns();
    double[] noise = new double[Math.toIntExact(errors.size())];
    for (int i = 0; i < noise.length; i++) {
      noise[i] = targets.noise(i / width, i % width);
    }
    pass.device().upload(noise, 0, errors, 0, noise.length);
  }

  /**
   * The refusal of {@link WayOut#targets}.
   *
   * @param what the network says, in plural
   */
  static InputException noTokens(String what) {
    return new InputException(
        "the Fisher information kl draws tokens, and a model of "
            + what
            + " says none; choose the sampled one");
  }
}
