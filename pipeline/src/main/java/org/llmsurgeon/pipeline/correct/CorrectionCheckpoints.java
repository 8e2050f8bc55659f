package org.llmsurgeon.pipeline.correct;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.pipeline.cluster.RunFailedException;
import org.llmsurgeon.pipeline.factors.StoredTensors;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.surgery.correct.AdapterTraining;

/**
 * The last state of a correction's training that was kept in the run directory: a file of tensors,
 * and a record of it that says that it is whole.
 */
final class CorrectionCheckpoints implements AdapterTraining.Checkpoints {
  private static final String PREFIX = "state-";
  private static final String RECORD = ".json";

  private final RunDirectory run;
  private final String folder;
  private final List<String> kept = new ArrayList<>();
  private final Optional<Checkpoint> last;

  /**
   * A state.
   *
   * @param done what had been done
   * @param state its tensors
   */
  record Checkpoint(AdapterTraining.Result done, StoredTensors state) {}

  /**
   * Finds the last state, and deletes everything else in the folder.
   *
   * @param run run directory
   * @param folder of the correction, relative, ended by a slash
   */
  CorrectionCheckpoints(RunDirectory run, String folder) {
    this.run = run;
    this.folder = folder;
    Optional<Map.Entry<String, Checkpoint>> found = run.last(folder, PREFIX, Checkpoint.class);
    found.ifPresent(entry -> kept.addAll(List.of(entry.getKey(), entry.getValue().state().path())));
    this.last = found.map(Map.Entry::getValue);
    run.deleteExcept(folder, kept);
  }

  /** Steps that need not be done again. */
  int steps() {
    return last.map(checkpoint -> checkpoint.done().steps()).orElse(0);
  }

  @Override
  public Optional<AdapterTraining.Result> restore(List<Tensor> state) {
    try {
      last.ifPresent(checkpoint -> checkpoint.state().read(run, 0, state));
    } catch (RunFailedException damaged) {
      kept.forEach(run::delete);
      throw damaged;
    }
    return last.map(Checkpoint::done);
  }

  @Override
  public void keep(AdapterTraining.Result done, List<Tensor> state) {
    String name = String.format(Locale.ROOT, "%s%s%08d", folder, PREFIX, done.steps());
    StoredTensors stored = StoredTensors.write(run, name + "-" + UUID.randomUUID() + ".f32", state);
    run.commit(name + RECORD, new Checkpoint(done, stored));
    kept.forEach(run::delete);
    kept.clear();
    kept.addAll(List.of(name + RECORD, stored.path()));
  }
}
