package org.llmsurgeon.pipeline.forecast;

import java.io.Serializable;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.TaskFunction;

/** Says what the card of a task is. */
record CardLook() implements TaskFunction<Integer, CardLook.Seen> {
  /**
   * A card.
   *
   * @param description what its driver calls it
   * @param memory its bytes
   */
  record Seen(String description, long memory) implements Serializable {}

  @Override
  public Seen apply(Integer item, String attempt) {
    Device card = ExecutorDevice.shared();
    return new Seen(card.description(), card.ownMemory().orElseThrow());
  }
}
