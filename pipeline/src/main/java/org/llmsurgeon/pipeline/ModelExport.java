package org.llmsurgeon.pipeline;

import org.llmsurgeon.checkpoint.ModelFolderWriter;
import org.llmsurgeon.compute.Device;

/** Writes the weights after a shot as a model folder and measures it before it is in its place. */
final class ModelExport {
  private final Session session;
  private final RunDirectory run;
  private final String model;
  private final OutputFolder output;
  private final Evaluator evaluator;

  /**
   * The export of a run.
   *
   * @param session the operation
   * @param run run directory
   * @param model absolute path of the model folder
   * @param output where the last model goes
   * @param evaluator measures
   */
  ModelExport(
      Session session, RunDirectory run, String model, OutputFolder output, Evaluator evaluator) {
    this.session = session;
    this.run = run;
    this.model = model;
    this.output = output;
    this.evaluator = evaluator;
  }

  /** Where the last model goes. */
  OutputFolder output() {
    return output;
  }

  /**
   * A model that is whole and not in its place yet.
   *
   * @param target where it belongs
   * @param folder where it is
   * @param evaluation of the folder as written
   */
  record Staged(OutputFolder target, String folder, Evaluation evaluation) {
    /** Puts it in its place, its report last. */
    void publish(PruningReport report) {
      ExecutorModel.evict();
      target.publish(folder, report);
    }
  }

  /**
   * Writes a model and measures it.
   *
   * @param target where it will go
   * @param shot whose weights
   */
  Staged stage(OutputFolder target, int shot) {
    String staged = target.stage(run);
    Timed.onDriver(
        session.progress(),
        StageName.of("write"),
        1,
        () -> {
          write(shot, staged);
          session.progress().taskFinished();
          return staged;
        });
    Evaluation evaluation = evaluator.evaluate(StageName.of("evaluate"), session.model(staged));
    return new Staged(target, staged, evaluation);
  }

  private void write(int shot, String staged) {
    Device device = ExecutorDevice.shared();
    try (ModelWeights weights =
        ModelWeights.open(session.storage(), session.model(model, run, shot))) {
      new ModelFolderWriter(weights.folder(), session.storage(), staged)
          .write(weights.replaced(), name -> weights.load(name, device), device);
    }
  }
}
