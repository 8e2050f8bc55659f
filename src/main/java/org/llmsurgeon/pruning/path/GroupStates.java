package org.llmsurgeon.pruning.path;

import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.pruning.layer.LiveLayer;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.LayerNeeds;

/** Makes the states of a group's layers. */
final class GroupStates {
  private GroupStates() {}

  static List<LayerState> of(
      Device device, CoupledGroup group, List<LayerSurgery> layers, CostKind kind) {
    List<LayerState> states = new ArrayList<>();
    try {
      for (int i = 0; i < layers.size(); i++) {
        LayerNeeds needs = group.needs(i);
        settle(layers.get(i).live(), needs, kind);
        states.add(
            new LayerState(
                device, group.layers().get(i).name(), layers.get(i).live(), needs, kind));
      }
      return states;
    } catch (RuntimeException failure) {
      states.forEach(LayerState::close);
      throw failure;
    }
  }

  /** Inverts what will be asked for before a state owns anything that a failure would leave. */
  private static void settle(LiveLayer layer, LayerNeeds needs, CostKind kind) {
    if (kind == CostKind.OBS && needs.rowCosts()) {
      layer.outputs().inverse();
    }
    if (kind == CostKind.OBS && needs.columnCosts()) {
      layer.inputs().inverse();
    }
  }
}
