package org.llmsurgeon.pruning.path;

import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.pruning.structure.CoupledGroup;

/** Makes the states of a group's layers. */
final class GroupStates {
  private GroupStates() {}

  static List<LayerState> of(
      Device device, CoupledGroup group, List<LayerSurgery> layers, CostKind kind) {
    List<LayerState> states = new ArrayList<>();
    try {
      for (int i = 0; i < layers.size(); i++) {
        states.add(
            new LayerState(
                device, group.layers().get(i).name(), layers.get(i).live(), group.needs(i), kind));
      }
      return states;
    } catch (RuntimeException failure) {
      states.forEach(LayerState::close);
      throw failure;
    }
  }
}
