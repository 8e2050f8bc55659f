package org.llmsurgeon.pipeline;

import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.weights.WeightSource;

/** A folder's weights, as they are stored. */
public record FolderWeights(ModelFolder folder) implements WeightSource {
  @Override
  public boolean contains(String name) {
    return folder.contains(name);
  }

  @Override
  public int[] shape(String name) {
    return folder.shape(name);
  }

  @Override
  public Tensor load(String name, Device device) {
    return folder.load(name, device);
  }
}
