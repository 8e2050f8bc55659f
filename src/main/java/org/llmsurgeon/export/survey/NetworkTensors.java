package org.llmsurgeon.export.survey;

import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.CheckpointNames;
import org.llmsurgeon.model.weights.StoredPart;
import org.llmsurgeon.model.weights.StoredTensors;
import org.llmsurgeon.model.weights.WeightSource;

/** The tensors of a network as it reads them, whatever else the folder stores them with. */
public final class NetworkTensors {
  private final StoredTensors stored;
  private final CheckpointNames names;
  private final WeightSource source;

  /**
   * The tensors of a folder.
   *
   * @param folder the model
   * @param config its configuration
   */
  public NetworkTensors(ModelFolder folder, ModelConfig config) {
    this.stored = StoredTensors.of(config, folder::contains);
    this.names = CheckpointNames.of(config, folder::contains);
    this.source = stored.over(new FolderWeights(folder, names));
  }

  /**
   * Loads a tensor.
   *
   * @param name as the network writes it
   * @param device where to put it
   * @return owned by the caller
   */
  public Tensor load(String name, Device device) {
    return source.load(name, device);
  }

  /**
   * Name of the stored tensor that holds a tensor of the network.
   *
   * @param name as the network writes it
   */
  public String stored(String name) {
    return stored.stored(name);
  }

  /**
   * The spelling of a tensor's own name, wherever the folder holds it.
   *
   * @param name as the network writes it
   */
  public String spelled(String name) {
    return names.stored(name);
  }

  /**
   * Whether the layers of several experts lie in one tensor.
   *
   * @param config the model
   */
  public boolean mergesExperts(ModelConfig config) {
    return config.linears().stream()
        .filter(LinearShape::ofExpert)
        .limit(1)
        .anyMatch(shape -> stored.part(shape.weightName()) != null);
  }

  /**
   * Where a row of a tensor of the network lies in the stored tensor.
   *
   * @param name as the network writes it
   * @param row its own row
   */
  public int storedRow(String name, int row) {
    StoredPart part = stored.part(name);
    return part == null ? row : part.line(row);
  }

  /**
   * Whether a matrix of the network is stored {@code [in, out]}.
   *
   * @param name as the network writes it
   */
  public boolean isTransposed(String name) {
    StoredPart part = stored.part(name);
    return part != null && part.transposed();
  }
}
