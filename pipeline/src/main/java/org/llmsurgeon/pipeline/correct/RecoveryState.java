package org.llmsurgeon.pipeline.correct;

import java.io.Serializable;
import java.util.List;
import java.util.stream.Stream;
import org.llmsurgeon.pipeline.factors.StoredTensors;

/**
 * A state of a recovery in files: of each layer that is trained its weights and what the optimiser
 * keeps.
 *
 * @param layers in the model's order; empty before the first step, where they are as they were cut
 */
record RecoveryState(List<Layer> layers) implements Serializable {
  /** Before the first step. */
  static final RecoveryState START = new RecoveryState(List.of());

  RecoveryState {
    layers = List.copyOf(layers);
  }

  /**
   * A layer.
   *
   * @param tensors as {@link org.llmsurgeon.surgery.recover.TrainedLayer#tensors} orders them
   * @param size of its weights as they were cut, which learning rates are shares of
   */
  record Layer(StoredTensors tensors, double size) implements Serializable {}

  /** Whether no step was done. */
  boolean isStart() {
    return layers.isEmpty();
  }

  /** Its files, relative to the run directory. */
  Stream<String> files() {
    return layers.stream().map(layer -> layer.tensors().path());
  }
}
