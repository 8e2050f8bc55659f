package org.llmsurgeon.pipeline.factors;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.pipeline.shot.LayerWork;
import org.llmsurgeon.pipeline.text.Windows;
import org.llmsurgeon.pipeline.weights.ExecutorModel;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.pipeline.weights.StoredFactors;
import org.llmsurgeon.surgery.calibrate.Calibration;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorPass;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.calibrate.FisherTargets;
import org.llmsurgeon.surgery.calibrate.Shard;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Runs the windows of a shard through the model and writes the sums of its factors. Memory: the
 * model once per process; per task the sums of one block in double, what each block reads, and the
 * intermediate results of a batch.
 *
 * @param work what it needs
 * @param windows calibration windows
 * @param targets what {@link DenseTargets} has drawn; null where the Fisher does not need that
 * @param pass which sums
 * @param before manifest of the factors that earlier passes gave, relative to the run directory;
 *     null for none
 */
record AccumulateTask(
    LayerWork work, WindowsFile windows, WindowsFile targets, FactorPass pass, String before)
    implements TaskFunction<ShardTask, ShardRecord> {
  @Override
  public ShardRecord apply(ShardTask task, String attempt) {
    RunDirectory directory = work.directory();
    Recipe recipe = work.recipe();
    try (ProcessCache.Held<LanguageModel> shared =
        ExecutorModel.acquire(work.model(), work.settings())) {
      LanguageModel network = shared.value();
      Calibration.Data data = data(directory, recipe, network.config().objective(), task.shard());
      String path = ShotStage.ACCUMULATE.file(work.shot(), task.name() + "-" + attempt + ".f32");
      try (ShardFile file = new ShardFile(network.device(), directory.create(path))) {
        Map<FactorKey, ShardRecord.Part> parts = new HashMap<>();
        Calibration.Seen seen =
            new Calibration(network, pass, earlier(directory))
                .accumulate(data, (key, sum) -> parts.put(key, file.append(sum)));
        file.finish();
        List<ShardRecord.Part> ordered =
            pass.keys(network.config()).stream().map(parts::get).toList();
        return new ShardRecord(
            task.shard(), task.pass(), path, seen.tokens(), seen.losses(), ordered);
      }
    }
  }

  private FactorSource earlier(RunDirectory directory) {
    return before == null
        ? FactorSource.NONE
        : new StoredFactors(directory, directory.required(before, FactorsManifest.class));
  }

  private Calibration.Data data(
      RunDirectory directory, Recipe recipe, Objective objective, Shard shard) {
    return new Calibration.Data(
        Windows.read(directory, windows, shard.from(), shard.to()),
        FisherTargets.of(
            recipe, objective, shard, DenseTargets.read(directory, targets, recipe, shard)));
  }
}
