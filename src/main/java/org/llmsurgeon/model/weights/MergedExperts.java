package org.llmsurgeon.model.weights;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.llmsurgeon.model.config.Experts;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;

/** Checkpoints that hold the layers of all experts of a block in two tensors. */
final class MergedExperts {
  private MergedExperts() {}

  /** Whether a checkpoint does. */
  static boolean areStored(ModelConfig config, CheckpointNames names, Predicate<String> stored) {
    for (int block = 0; block < config.blockCount(); block++) {
      if (!config.blocks().get(block).experts().isEmpty()) {
        String raise = config.blockName(block) + "." + config.experts().names().merged().raise();
        return stored.test(names.stored(raise));
      }
    }
    return false;
  }

  /** Says where the layers of all experts, and the routers, are. */
  static void addTo(Map<String, StoredPart> parts, ModelConfig config) {
    for (int block = 0; block < config.blockCount(); block++) {
      int experts = config.blocks().get(block).experts().size();
      if (experts > 0) {
        addRouter(parts, config, block, experts);
      }
      for (int expert = 0; expert < experts; expert++) {
        addExpert(parts, config, config.feedForward(block, expert), experts);
      }
    }
  }

  private static void addRouter(
      Map<String, StoredPart> parts, ModelConfig config, int block, int experts) {
    String start = config.blockName(block) + ".";
    Experts.Names names = config.experts().names();
    int[] shape = {experts, config.hidden()};
    parts.put(
        start + names.router() + ".weight",
        part(start + names.merged().router() + ".weight", shape, 0, experts));
  }

  private static void addExpert(
      Map<String, StoredPart> parts, ModelConfig config, List<LinearShape> layers, int experts) {
    LinearShape gate = layers.get(0);
    LinearShape down = layers.get(2);
    int width = gate.outputs();
    String start = config.blockName(gate.block()) + ".";
    Experts.Merged merged = config.experts().names().merged();
    int[] raise = {experts, 2 * width, gate.inputs()};
    for (int i = 0; i < 2; i++) {
      int first = (2 * gate.expert() + i) * width;
      parts.put(layers.get(i).weightName(), part(start + merged.raise(), raise, first, width));
    }
    int hidden = down.outputs();
    int[] lower = {experts, hidden, width};
    parts.put(
        down.weightName(), part(start + merged.down(), lower, down.expert() * hidden, hidden));
  }

  private static StoredPart part(String tensor, int[] shape, int first, int lines) {
    return new StoredPart(tensor, shape, false, first, lines, lines, 1);
  }
}
