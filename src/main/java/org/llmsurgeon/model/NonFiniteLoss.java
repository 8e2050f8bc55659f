package org.llmsurgeon.model;

import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.Batch;
import org.llmsurgeon.model.pass.Pass;

/**
 * A loss of a batch is not finite. Where that began is found out by going forward once more, see
 * {@link Network#explainNonFinite}.
 */
final class NonFiniteLoss extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Batch batch;

  private NonFiniteLoss(Batch batch) {
    super("a loss is not finite", null, false, false);
    this.batch = batch;
  }

  /** Throws where a loss is not finite, now or when the pass is settled. */
  static void check(Pass pass, Tensor losses) {
    pass.ground().checks().check(losses, element -> new NonFiniteLoss(pass.batch()));
  }

  Batch batch() {
    return batch;
  }
}
