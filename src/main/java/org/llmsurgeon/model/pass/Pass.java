package org.llmsurgeon.model.pass;

import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.FiniteChecks;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Rotary;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearShape;

/**
 * One batch's way through the network: what every part of it needs to know.
 *
 * @param ground what all batches of a run share
 * @param batch the tokens
 * @param tap sees the linear layers, or null where nobody looks
 * @param gradients takes the parameters' gradients, or null where only activation gradients are
 *     computed
 * @param reference the model whose distribution is to be met, or null where the loss is the
 *     cross-entropy of what positions are to say
 * @param rows the tokens of the batch that go through a layer; null for all
 */
public record Pass(
    Ground ground,
    Batch batch,
    LinearTap tap,
    ParameterGradients gradients,
    Reference reference,
    int[] rows) {
  /**
   * What the arithmetic of a pass stands on.
   *
   * @param device does it
   * @param precision number format of all activations
   * @param rotary position tables of each kind that the network has
   * @param checks of what must be finite
   */
  public record Ground(
      Device device, Precision precision, List<Rotary> rotary, FiniteChecks checks) {}

  /** A pass of all tokens of a batch. */
  public Pass(Ground ground, Batch batch, LinearTap tap, ParameterGradients gradients) {
    this(ground, batch, tap, gradients, null, null);
  }

  /** Does the arithmetic. */
  public Device device() {
    return ground.device();
  }

  /** Number format of all activations. */
  public Precision precision() {
    return ground.precision();
  }

  /** Position tables of each kind that the network has. */
  public List<Rotary> rotary() {
    return ground.rotary();
  }

  /** How many tokens go through a layer. */
  public int tokens() {
    return rows == null ? batch.tokens() : rows.length;
  }

  /**
   * The same pass of some of its tokens.
   *
   * @param some indices in the batch, ascending
   */
  public Pass of(int[] some) {
    return new Pass(ground, batch, tap, gradients, reference, some);
  }

  /** A new workspace for intermediate results; the caller closes it. */
  public Workspace workspace() {
    return new Workspace(device(), precision());
  }

  /** The same pass without a tap: for a forward that is done a second time. */
  public Pass silent() {
    return new Pass(ground, batch, null, gradients, reference, rows);
  }

  /** The same pass with another loss. */
  public Pass towards(Reference other) {
    return new Pass(ground, batch, tap, gradients, other, rows);
  }

  /** Whether gradients of some parameters are summed. */
  public boolean wantsParameterGradients() {
    return gradients != null;
  }

  /** Whether the backward of a linear layer needs to see what its forward read. */
  public boolean needsInputs() {
    return gradients != null || tap != null && tap.readsPairs();
  }

  /**
   * Whether the gradient of a parameter is summed.
   *
   * @param parameter of the network
   */
  public boolean wants(Parameter parameter) {
    return gradients != null && gradients.contains(parameter.name());
  }

  /**
   * Where to add a large gradient; closing it finishes the sum.
   *
   * @param parameter of the network; null for none
   */
  public GradientTarget gradient(Parameter parameter) {
    Tensor sum = parameter != null && wants(parameter) ? gradients.of(parameter.name()) : null;
    return new GradientTarget(device(), precision(), sum);
  }

  /** Adds a small gradient, where it is wanted. */
  public void addGradient(Parameter parameter, Tensor gradient) {
    if (wants(parameter)) {
      device().add(1, gradient, gradients.of(parameter.name()));
    }
  }

  /** Shows the tap what some layers read. */
  public void inputs(List<LinearShape> layers, Tensor input) {
    if (tap != null) {
      requireFinite(input, "the input of " + layers.get(0).name());
      tap.inputs(layers, input);
    }
  }

  /** Shows the tap a layer's output gradient, which is checked in any case. */
  public void outputGradients(LinearShape layer, Tensor input, Tensor gradient) {
    requireFinite(gradient, "the gradient of the output of " + layer.name());
    if (tap != null) {
      tap.outputGradients(layer, gradient);
      if (tap.readsPairs()) {
        tap.pair(layer, input, gradient);
      }
    }
  }

  /**
   * Throws if a tensor is not finite, now or when the pass is settled.
   *
   * @param x all tokens of the batch
   * @param what it is, for the message
   */
  public void requireFinite(Tensor x, String what) {
    requireFinite(x, 0, what);
  }

  /**
   * Checks an activation or a gradient; what is wrong is told now or when the pass is settled.
   *
   * @param x {@code [some tokens, width]}
   * @param first index of its first token in the batch
   * @param what it is, for the message
   * @throws NonFiniteException where an element is NaN or infinite
   */
  public void requireFinite(Tensor x, int first, String what) {
    int columns = x.columns();
    ground
        .checks()
        .check(
            x,
            element -> {
              int row = Math.toIntExact(first + element / columns);
              String token = batch.describe(rows == null ? row : rows[row]);
              return new NonFiniteException(what + " is not finite, first at " + token);
            });
  }

  /**
   * Waits for all checks of the run so far.
   *
   * @throws NonFiniteException where something was not finite
   */
  public void settle() {
    ground.checks().settle();
  }
}
