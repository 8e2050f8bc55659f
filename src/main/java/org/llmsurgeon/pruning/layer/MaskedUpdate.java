package org.llmsurgeon.pruning.layer;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.pruning.structure.ElementMask;

/** Changes the live weights that stay so that they make up for those that go. */
public interface MaskedUpdate {
  /**
   * How it went.
   *
   * @param steps steps or groups
   * @param residual relative residual reached
   * @param converged whether that is within the tolerance
   */
  record Outcome(int steps, double residual, boolean converged) {
    /** Nothing stays that could make up for what goes. */
    public static final Outcome NOTHING_TO_DO = new Outcome(0, 0, true);
  }

  /**
   * Changes the weights that stay; those that go are left anywhere.
   *
   * @param removed which live weights go: some, not all
   * @param updated a copy of the live weight, changed in place
   */
  Outcome apply(ElementMask removed, Tensor updated);

  /** The update of a kind, for a layer. */
  static MaskedUpdate of(Device device, String name, LiveLayer layer, ElementUpdate update) {
    if (update instanceof ElementUpdate.Full full) {
      return new FullUpdate(device, name, new LiveOperator(device, layer), full);
    }
    if (update instanceof ElementUpdate.Grouped grouped) {
      return new GroupedUpdate(device, name, layer, grouped);
    }
    return (removed, updated) -> Outcome.NOTHING_TO_DO;
  }
}
