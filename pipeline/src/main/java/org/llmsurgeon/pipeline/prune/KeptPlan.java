package org.llmsurgeon.pipeline.prune;

import java.util.Optional;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunIdentity;
import org.llmsurgeon.pipeline.run.RunPlan;

/** The plan in a run directory: with it a run begins, and by it it is known when it goes on. */
final class KeptPlan {
  private final RunDirectory run;

  /** That of a run directory. */
  KeptPlan(RunDirectory run) {
    this.run = run;
  }

  /** Whether there is none. */
  boolean isMissing() {
    return read().isEmpty();
  }

  private Optional<RunPlan> read() {
    return run.finished(RunDirectory.PLAN, RunPlan.class);
  }

  /**
   * The plan of the same run, where it was begun.
   *
   * @param identity what decides the result, with the paths of today
   * @param overwrite whether another run may be thrown away
   * @return empty where there is none, or another one's, which goes
   * @throws InputException if the directory holds another run and may not be overwritten
   */
  Optional<RunPlan> of(RunIdentity identity, boolean overwrite) {
    Optional<RunPlan> existing = read();
    Optional<String> difference = existing.flatMap(plan -> difference(plan, identity));
    if (difference.isPresent() && !overwrite) {
      throw new InputException(
          run.path()
              + " holds an unfinished run made with "
              + difference.get()
              + "; give --overwrite to begin anew, or choose another --output.");
    }
    return difference.isPresent() ? Optional.empty() : existing.map(plan -> plan.with(identity));
  }

  private static Optional<String> difference(RunPlan existing, RunIdentity identity) {
    return existing.format() == RunPlan.FORMAT
        ? existing.identity().difference(identity)
        : Optional.of("another version of this program");
  }

  /** Throws away what an earlier run has left. */
  void clear() {
    run.clear();
  }

  /** Keeps a plan: from now on its run may go on. */
  void keep(RunPlan plan) {
    run.commit(RunDirectory.PLAN, plan);
  }
}
