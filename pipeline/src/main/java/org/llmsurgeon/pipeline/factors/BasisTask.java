package org.llmsurgeon.pipeline.factors;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearShape;
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
import org.llmsurgeon.surgery.operate.LayerTask;

/**
 * Finds the eigenvectors of both factors of a layer, between the passes of EKFAC. Memory: about
 * five matrices of the larger factor.
 *
 * @param work what it needs
 */
record BasisTask(LayerWork work) implements TaskFunction<BasisTask.Item, BasisTask.Made> {
  /**
   * A layer.
   *
   * @param layer its position among the model's prunable layers
   * @param factors its mean factors
   * @param size data that they are over
   */
  record Item(int layer, List<FactorsManifest.Factor> factors, CalibrationSize size)
      implements Serializable {
    Item {
      factors = List.copyOf(factors);
    }
  }

  /**
   * Files of a layer.
   *
   * @param factors both bases
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
    try (ModelWeights weights = ModelWeights.open(run.storage(), work.model())) {
      LinearShape layer = weights.config().linears().get(item.layer());
      Map<FactorKey, Tensor> bases =
          new LayerTask(
                  ExecutorDevice.shared(),
                  layer,
                  weights,
                  new StoredFactors(run, manifest),
                  work.recipe())
              .basis();
      try {
        List<FactorsManifest.Factor> made = new ArrayList<>();
        bases.forEach(
            (key, tensor) -> {
              String path = Reduction.path(work.shot(), key, attempt);
              FactorFile.write(
                  run, path, key, item.size().tokens(), tensor, ExecutorDevice.shared());
              made.add(new FactorsManifest.Factor(key, path));
            });
        return new Made(made);
      } finally {
        bases.values().forEach(Tensor::close);
      }
    }
  }
}
