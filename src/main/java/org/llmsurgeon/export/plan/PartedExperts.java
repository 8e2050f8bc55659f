package org.llmsurgeon.export.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.llmsurgeon.checkpoint.folder.TensorEdit;
import org.llmsurgeon.export.survey.BlockSurvey;
import org.llmsurgeon.export.survey.NetworkTensors;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;

/**
 * Takes apart the tensors that hold the layers of all experts of a block. Experts lose other
 * neurons than their fellows, which no cut of such a tensor can say; what stays is written expert
 * by expert, as mixtures are published and as all programs load them.
 */
final class PartedExperts {
  private final ModelConfig config;
  private final NetworkTensors tensors;

  PartedExperts(ModelConfig config, NetworkTensors tensors) {
    this.config = config;
    this.tensors = tensors;
  }

  /**
   * Whether experts are in such tensors, and not all of them stay as they are.
   *
   * @param blocks what is left
   * @param widths what is written of it
   */
  boolean areNeeded(List<BlockSurvey> blocks, List<BlockWidth> widths) {
    return tensors.mergesExperts(config)
        && blocks.stream()
            .anyMatch(
                block ->
                    block.expertsLeft().length < block.experts().size()
                        || widths.get(block.block()).expert() < block.expertNeurons());
  }

  /**
   * Adds what becomes of a block's experts and of its router.
   *
   * @param block what is left
   * @param neurons that each expert keeps
   * @param edits where to
   */
  void addTo(BlockSurvey block, int neurons, Map<String, TensorEdit> edits) {
    int[] left = block.expertsLeft();
    Map<String, List<TensorEdit.Part>> parts = new LinkedHashMap<>();
    for (int place = 0; place < left.length; place++) {
      BlockSurvey.Expert expert = block.experts().get(left[place]);
      int[] kept = KeptLines.filled(expert.neurons(), 0, expert.allNeurons(), neurons);
      for (BlockSurvey.Matrix matrix : expert.matrices().values()) {
        LinearShape shape = matrix.shape();
        boolean down = shape.role() == LinearRole.DOWN;
        int[] rows = down ? all(shape.outputs()) : kept;
        int[] stored =
            Arrays.stream(rows).map(row -> tensors.storedRow(shape.weightName(), row)).toArray();
        String name = block.experts().get(place).matrices().get(shape.role()).shape().weightName();
        parts
            .computeIfAbsent(tensors.stored(shape.weightName()), any -> new ArrayList<>())
            .add(
                new TensorEdit.Part(
                    tensors.spelled(name), stored, down ? kept : all(shape.inputs())));
      }
    }
    parts.forEach((name, each) -> edits.put(name, new TensorEdit.Parted(each)));
    if (!block.experts().isEmpty()) {
      addRouter(block, left, edits);
    }
  }

  /** The router has the name that it has beside single experts, and rows of those that stay. */
  private void addRouter(BlockSurvey block, int[] left, Map<String, TensorEdit> edits) {
    String router =
        config.blockName(block.block()) + "." + config.experts().names().router() + ".weight";
    String own = tensors.spelled(router);
    String stored = tensors.stored(router);
    TensorEdit.Cut cut =
        left.length < block.experts().size() ? new TensorEdit.Cut(left, null) : null;
    if (!own.equals(stored)) {
      edits.put(stored, new TensorEdit.Renamed(own, cut));
    } else if (cut != null) {
      edits.put(stored, cut);
    }
  }

  private static int[] all(int count) {
    return IntStream.range(0, count).toArray();
  }
}
