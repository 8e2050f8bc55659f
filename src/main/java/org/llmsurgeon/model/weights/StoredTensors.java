package org.llmsurgeon.model.weights;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.TensorNames;

/**
 * How a checkpoint holds the tensors of a network: under which spelling of their names, several
 * linear layers in one tensor, or transposed. Most hold them one by one and as they are.
 */
public final class StoredTensors {
  private final Map<String, StoredPart> parts = new LinkedHashMap<>();
  private final CheckpointNames names;

  private StoredTensors(ModelConfig config, CheckpointNames names, boolean merged) {
    this.names = names;
    if (merged) {
      MergedExperts.addTo(parts, config);
    }
    if (!config.isPlain()) {
      for (int block = 0; block < config.blockCount(); block++) {
        for (LinearShape shape : config.linears(block)) {
          add(config, shape);
        }
      }
    }
  }

  /**
   * Finds out how a checkpoint holds a network.
   *
   * @param config the network
   * @param stored whether the checkpoint holds a tensor of a given name
   */
  public static StoredTensors of(ModelConfig config, Predicate<String> stored) {
    CheckpointNames names = CheckpointNames.of(config, stored);
    return new StoredTensors(config, names, MergedExperts.areStored(config, names, stored));
  }

  private void add(ModelConfig config, LinearShape shape) {
    TensorNames all = config.names();
    boolean fused = all.fuses(shape.role());
    if (!fused && !all.layout().transposed()) {
      return;
    }
    String module =
        fused ? config.blockName(shape.block()) + "." + all.module(shape.role()) : shape.name();
    Rows rows = fused ? Rows.among(fellows(config, shape), shape) : new Rows(shape.outputs(), 0);
    int lines = rows.all();
    int runs =
        fused && isGrouped(config, shape) ? config.blocks().get(shape.block()).keyValueHeads() : 1;
    boolean transposed = all.layout().transposed();
    int[] matrix =
        transposed ? new int[] {shape.inputs(), lines} : new int[] {lines, shape.inputs()};
    StoredPart weight =
        new StoredPart(
            module + ".weight",
            matrix,
            transposed,
            rows.before() / runs,
            shape.outputs() / runs,
            lines / runs,
            runs);
    parts.put(shape.weightName(), weight);
    if (shape.bias()) {
      int[] vector = {lines};
      parts.put(
          shape.biasName(),
          new StoredPart(
              module + ".bias",
              vector,
              false,
              weight.offset(),
              weight.length(),
              weight.stride(),
              runs));
    }
  }

  /**
   * Where the rows of a layer are in a tensor that holds several.
   *
   * @param all rows of the tensor
   * @param before those before the layer's
   */
  private record Rows(int all, int before) {
    static Rows among(List<LinearShape> fellows, LinearShape shape) {
      return new Rows(
          fellows.stream().mapToInt(LinearShape::outputs).sum(),
          fellows.stream()
              .filter(each -> each.role().compareTo(shape.role()) < 0)
              .mapToInt(LinearShape::outputs)
              .sum());
    }
  }

  private static boolean isGrouped(ModelConfig config, LinearShape shape) {
    return config.names().layout().fusion() == TensorNames.Fusion.BY_GROUP
        && (shape.role() == LinearRole.QUERY
            || shape.role() == LinearRole.KEY
            || shape.role() == LinearRole.VALUE);
  }

  /** The layers that share a tensor with one, itself included. */
  private static List<LinearShape> fellows(ModelConfig config, LinearShape shape) {
    String module = config.names().module(shape.role());
    return config.linears(shape.block()).stream()
        .filter(each -> config.names().fuses(each.role()))
        .filter(each -> config.names().module(each.role()).equals(module))
        .toList();
  }

  /** Whether all tensors are stored one by one and as the network reads them. */
  public boolean isPlain() {
    return parts.isEmpty();
  }

  /**
   * The part of a stored tensor that a tensor of the network is; null where it is stored as it is.
   *
   * @param name as the network writes it
   */
  public StoredPart part(String name) {
    return parts.get(name);
  }

  /**
   * Name of the stored tensor that holds a tensor of the network.
   *
   * @param name as the network writes it
   */
  public String stored(String name) {
    StoredPart part = parts.get(name);
    return names.stored(part == null ? name : part.tensor());
  }

  /**
   * The network's tensors, one by one.
   *
   * @param weights the checkpoint's, under the names that it writes
   */
  public WeightSource over(WeightSource weights) {
    return new Unfolded(this, weights);
  }

  /**
   * Whether somebody offers the network's tensors one by one already.
   *
   * @param config the network
   * @param offered whether there is a tensor of a given name
   */
  public boolean isTakenApart(ModelConfig config, Predicate<String> offered) {
    if (!offered.test(config.embeddingName()) || names.areOld()) {
      return false;
    }
    return parts.entrySet().stream()
        .filter(each -> !each.getValue().tensor().equals(each.getKey()))
        .findFirst()
        .map(each -> offered.test(each.getKey()))
        .orElse(parts.isEmpty());
  }

  private record Unfolded(StoredTensors tensors, WeightSource weights) implements WeightSource {
    @Override
    public boolean contains(String name) {
      return weights.contains(tensors.stored(name));
    }

    @Override
    public int[] shape(String name) {
      int[] stored = weights.shape(tensors.stored(name));
      StoredPart part = tensors.part(name);
      if (part == null) {
        return stored;
      }
      if (!Arrays.equals(stored, part.shape())) {
        throw new InputException(
            "tensor %s has shape %s, but config.json calls for %s; they are not of the same model"
                .formatted(
                    tensors.stored(name), Arrays.toString(stored), Arrays.toString(part.shape())));
      }
      int inputs = part.across();
      return stored.length == 1 ? new int[] {part.lines()} : new int[] {part.lines(), inputs};
    }

    @Override
    public Tensor load(String name, Device device) {
      StoredPart part = tensors.part(name);
      if (part == null) {
        return weights.load(tensors.stored(name), device);
      }
      int[] shape = shape(name);
      String whole = tensors.stored(name);
      if (part.isBlock()) {
        long first = (long) part.offset() * part.across();
        return weights.load(whole, first, shape[0], shape[1], device);
      }
      try (Tensor stored = weights.load(whole, device)) {
        double[] own = part.read(device.values(stored));
        int rows = shape.length == 1 ? 1 : shape[0];
        return device.tensor(stored.precision(), rows, shape[shape.length - 1], own);
      }
    }
  }
}
