package org.llmsurgeon.model.layer;

import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.GradientTarget;
import org.llmsurgeon.model.pass.Parameter;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Workspace;

/**
 * The way in: token ids become rows of the residual stream.
 *
 * @param tokens {@code [vocabulary, width]}
 * @param projection {@code width -> hidden}, or null where they are the same
 * @param positions {@code [positions + offset, hidden]}, or null where positions are rotary
 * @param positionOffset row of the first position
 * @param scale factor on the rows of the tokens
 * @param types {@code [kinds, hidden]}, types of tokens; or null
 * @param norm of the sum, or null
 */
public record Embedding(
    Parameter tokens,
    Linear projection,
    Parameter positions,
    int positionOffset,
    double scale,
    Parameter types,
    NormLayer norm)
    implements WayIn {
  @Override
  public int hidden() {
    return projection == null ? tokens.columns() : projection.weight().rows();
  }

  @Override
  public void forward(Pass pass, Tensor out) {
    if (norm == null) {
      sum(pass, out);
      return;
    }
    try (Workspace work = pass.workspace()) {
      Tensor sum = work.empty(out.rows(), out.columns());
      sum(pass, sum);
      norm.forward(pass, sum, out);
    }
  }

  private void sum(Pass pass, Tensor out) {
    try (Workspace work = pass.workspace()) {
      if (projection == null) {
        pass.device().embed(tokens.tensor(), pass.batch().ids(), out);
      } else {
        projection.forward(pass, narrow(pass, work), out);
      }
      if (scale != 1) {
        pass.device().scale(scale, out);
      }
      if (positions != null) {
        Tensor shift = work.empty(out.rows(), out.columns());
        pass.device().embed(positions.tensor(), pass.batch().positions(positionOffset), shift);
        pass.device().add(1, shift, out);
      }
      if (types != null && pass.batch().types() == null) {
        pass.device().addBias(types.tensor().rowRange(0, 1), out);
      } else if (types != null) {
        Tensor shift = work.empty(out.rows(), out.columns());
        pass.device().embed(types.tensor(), pass.batch().types(), shift);
        pass.device().add(1, shift, out);
      }
    }
  }

  @Override
  public void backward(Pass pass, Tensor gradient) {
    if (norm == null) {
      backwardOfSum(pass, gradient);
      return;
    }
    try (Workspace work = pass.workspace()) {
      Tensor sum = work.empty(gradient.rows(), gradient.columns());
      sum(pass, sum);
      Tensor dSum = work.zeros(gradient.rows(), gradient.columns());
      norm.backward(pass, sum, gradient, dSum);
      backwardOfSum(pass, dSum);
    }
  }

  private void backwardOfSum(Pass pass, Tensor gradient) {
    if (types != null) {
      int[] own = pass.batch().types();
      addRows(pass, types, own == null ? new int[gradient.rows()] : own, gradient);
    }
    if (positions != null) {
      addRows(pass, positions, pass.batch().positions(positionOffset), gradient);
    }
    try (Workspace work = pass.workspace()) {
      Tensor scaled = gradient;
      if (scale != 1) {
        scaled = work.empty(gradient.rows(), gradient.columns());
        pass.device().copy(gradient, scaled);
        pass.device().scale(scale, scaled);
      }
      if (projection == null) {
        addRows(pass, tokens, pass.batch().ids(), scaled);
        return;
      }
      Tensor narrow = narrow(pass, work);
      Tensor dNarrow = work.empty(narrow.rows(), narrow.columns());
      projection.backward(pass, narrow, scaled, dNarrow, 0);
      addRows(pass, tokens, pass.batch().ids(), dNarrow);
    }
  }

  private Tensor narrow(Pass pass, Workspace work) {
    Tensor narrow = work.empty(pass.tokens(), tokens.columns());
    pass.device().embed(tokens.tensor(), pass.batch().ids(), narrow);
    return narrow;
  }

  /** Adds the gradients of rows of a table, where they are wanted. */
  static void addRows(Pass pass, Parameter table, int[] rows, Tensor gradient) {
    try (GradientTarget target = pass.gradient(table)) {
      if (target.isWanted()) {
        pass.device().embedBackward(rows, gradient, target.tensor());
      }
    }
  }
}
