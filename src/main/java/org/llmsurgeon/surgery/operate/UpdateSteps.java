package org.llmsurgeon.surgery.operate;

import java.io.Serializable;
import org.llmsurgeon.pruning.element.ElementCut;

/**
 * How the joint update of a layer's single weights went: conjugate gradients.
 *
 * @param steps how many, in all rounds of the shot
 * @param residual norm of the residual that was reached, relative to that at the start; the largest
 *     of all rounds
 * @param converged whether the tolerance was reached within the allowed steps, in all rounds
 */
public record UpdateSteps(int steps, double residual, boolean converged) implements Serializable {
  /** Those of one more round. */
  UpdateSteps plus(ElementCut cut) {
    return new UpdateSteps(
        steps + cut.steps(), Math.max(residual, cut.residual()), converged && cut.converged());
  }
}
