package org.llmsurgeon.pipeline;

import java.util.List;
import java.util.Set;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.surgery.Calibration;
import org.llmsurgeon.surgery.FactorKey;
import org.llmsurgeon.surgery.FactorPlan;
import org.llmsurgeon.surgery.ShardFactors;

/**
 * Runs the windows of a shard through the model and writes the sums of its factors. Memory: the
 * model once per process; per task the sums of one group in double and the intermediate results of
 * a batch.
 *
 * @param model weights of the last committed shot
 * @param run run directory
 * @param shot the shot that this is for
 * @param windows calibration windows
 * @param curvature which factors
 * @param settings how to reach the files
 */
record AccumulateTask(
    ModelRef model,
    String run,
    int shot,
    WindowsFile windows,
    CurvatureKind curvature,
    HadoopSettings settings)
    implements TaskFunction<ShardTask, ShardRecord> {
  @Override
  public ShardRecord apply(ShardTask task, String attempt) {
    RunDirectory directory = new RunDirectory(settings.storage(), run);
    int[][] part = Windows.read(directory, windows, task.shard().from(), task.shard().to());
    try (ExecutorModel shared = ExecutorModel.acquire(model, settings)) {
      LanguageModel network = shared.model();
      List<FactorKey> keys = FactorPlan.keys(network.config(), curvature);
      Set<FactorKey> wanted = Set.copyOf(task.group().of(keys));
      try (ShardFactors sums = Calibration.accumulate(network, part, curvature, wanted::contains)) {
        String path = RunDirectory.inShot(shot, "shards/" + task.name() + "-" + attempt + ".f32");
        List<ShardRecord.Part> parts =
            ShardFile.write(network.device(), sums, directory.create(path));
        return new ShardRecord(
            task.shard(), task.group(), path, sums.tokens(), sums.losses(), parts);
      }
    }
  }
}
