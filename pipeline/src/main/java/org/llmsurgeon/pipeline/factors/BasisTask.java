package org.llmsurgeon.pipeline.factors;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.shot.LayerWork;
import org.llmsurgeon.pipeline.weights.FactorFile;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.pipeline.weights.StoredFactors;
import org.llmsurgeon.surgery.calibrate.CalibrationSize;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.operate.InputBasis;
import org.llmsurgeon.surgery.operate.LayerTask;

/**
 * Finds the eigenvectors of both factors of the layers that read one input, between the passes of
 * EKFAC; those of {@code A} once where the same columns are live. Memory: about six matrices of the
 * larger factor.
 *
 * @param work what it needs
 */
record BasisTask(LayerWork work) implements TaskFunction<BasisTask.Item, BasisTask.Made> {
  /**
   * Layers that read one input.
   *
   * @param layers their positions among the model's prunable layers
   * @param factors their mean factors
   * @param size data that they are over
   */
  record Item(List<Integer> layers, List<FactorsManifest.Factor> factors, CalibrationSize size)
      implements Serializable {
    Item {
      layers = List.copyOf(layers);
      factors = List.copyOf(factors);
    }
  }

  /**
   * Files of the layers.
   *
   * @param factors both bases of each
   */
  record Made(List<FactorsManifest.Factor> factors) implements Serializable {
    Made {
      factors = List.copyOf(factors);
    }
  }

  @Override
  public Made apply(Item item, String attempt) {
    ProcessCache.shared().begin(ProcessCache.Work.LAYER);
    RunDirectory run = work.directory();
    FactorsManifest manifest = new FactorsManifest(item.size(), null, item.factors(), 0, 0);
    List<FactorsManifest.Factor> made = new ArrayList<>();
    try (ModelWeights weights = ModelWeights.open(run.storage(), work.model());
        InputBasis inputs = new InputBasis()) {
      for (int layer : item.layers()) {
        LayerTask task =
            new LayerTask(
                ExecutorDevice.shared(),
                weights.config().linears().get(layer),
                weights,
                new StoredFactors(run, manifest),
                work.recipe());
        made.addAll(written(item, task.basis(inputs), attempt));
      }
    }
    return new Made(made);
  }

  private List<FactorsManifest.Factor> written(
      Item item, Map<FactorKey, Tensor> bases, String attempt) {
    try {
      List<FactorsManifest.Factor> made = new ArrayList<>();
      bases.forEach(
          (key, tensor) -> {
            String path = Reduction.path(work.shot(), key, attempt);
            FactorFile.write(
                work.directory(), path, key, item.size().tokens(), tensor, ExecutorDevice.shared());
            made.add(new FactorsManifest.Factor(key, path));
          });
      return made;
    } finally {
      bases.values().forEach(Tensor::close);
    }
  }
}
