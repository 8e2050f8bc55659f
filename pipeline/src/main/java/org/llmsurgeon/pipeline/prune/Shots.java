package org.llmsurgeon.pipeline.prune;

import java.util.function.Consumer;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.shot.ShotContext;

/**
 * All shots of a plan, one after the other, up to the one that reaches its goal. Those that are
 * committed already are not done again. After each goes what no later step reads.
 */
public final class Shots {
  private final ShotContext first;
  private final int kept;

  /**
   * The shots of a run.
   *
   * @param first the first of them
   * @param kept the last shot whose factors other runs need; 0 for none
   */
  public Shots(ShotContext first, int kept) {
    this.first = first;
    this.kept = kept;
  }

  /**
   * Shots that an earlier process has committed.
   *
   * @param run run directory
   * @param shots most to look for
   */
  static int committed(RunDirectory run, int shots) {
    int last = 0;
    while (last < shots
        && run.finished(RunDirectory.manifest(last + 1), ShotManifest.class).isPresent()) {
      last++;
    }
    return last;
  }

  /**
   * Does the shots that are left.
   *
   * @param watcher told of all, also of those that an earlier process did
   * @return the last one
   */
  public int each(Consumer<ShotManifest> watcher) {
    Session session = first.session();
    RunDirectory run = first.run();
    RunPlan plan = first.plan();
    Intermediates intermediates = new Intermediates(run, first.recipe(), kept);
    int committed = committed(run, plan.shots());
    int shot = 0;
    ShotManifest manifest;
    do {
      shot++;
      manifest = new ShotRun(first.at(shot)).commit();
      if (shot > committed) {
        session.usage().disk(session.storage().bytesIn(run.path()));
      }
      if (shot >= committed) {
        intermediates.deleteAfter(shot);
      }
      watcher.accept(manifest);
    } while (!plan.isLast(shot, manifest.removal().target()));
    intermediates.deleteFactors(shot);
    return shot;
  }
}
