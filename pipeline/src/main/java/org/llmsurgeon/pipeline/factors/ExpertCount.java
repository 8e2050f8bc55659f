package org.llmsurgeon.pipeline.factors;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.run.ExpertTokens;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.pipeline.weights.StoredFactors;
import org.llmsurgeon.surgery.calibrate.FactorPlan;

/** Counts how many tokens reached each expert, and keeps that where the shot's report finds it. */
public final class ExpertCount {
  private final ShotContext shot;

  /**
   * The count of a shot.
   *
   * @param shot the shot
   */
  public ExpertCount(ShotContext shot) {
    this.shot = shot;
  }

  /**
   * Keeps the count, where there are experts and a curvature that is measured.
   *
   * @param factors the shot's mean factors
   */
  public void keep(FactorsManifest factors) {
    if (shot.config().experts() == null || !shot.recipe().curvature().kind().needsData()) {
      return;
    }
    RunDirectory run = shot.run();
    if (run.finished(ExpertTokens.path(shot.shot()), ExpertTokens.class).isPresent()) {
      return;
    }
    StoredFactors stored = new StoredFactors(run, factors);
    Set<String> gone = gone();
    List<ExpertTokens.Expert> experts = new ArrayList<>();
    for (LinearShape down : shot.config().linears()) {
      if (down.ofExpert() && down.role() == LinearRole.DOWN && !gone.contains(down.name())) {
        experts.add(expert(down, stored));
      }
    }
    run.commit(ExpertTokens.path(shot.shot()), new ExpertTokens(experts));
  }

  /** Layers of which nothing was left after the shot before. */
  private Set<String> gone() {
    return shot.shot() == 1
        ? Set.of()
        : shot
            .run()
            .required(RunDirectory.manifest(shot.shot() - 1), ShotManifest.class)
            .layers()
            .stream()
            .filter(file -> file.cut().weights().removed() == file.cut().weights().total())
            .map(LayerFile::layer)
            .collect(Collectors.toSet());
  }

  private ExpertTokens.Expert expert(LinearShape down, StoredFactors factors) {
    Device device = ExecutorDevice.shared();
    int inputs =
        shot.config().feedForward(down.block(), down.expert()).stream()
            .mapToInt(LinearShape::inputs)
            .max()
            .orElseThrow();
    try (Tensor share = factors.load(FactorPlan.reached(down), device)) {
      long tokens = Math.round(device.values(share)[0] * factors.size().tokens());
      String module = down.name().substring(0, down.name().lastIndexOf('.'));
      return new ExpertTokens.Expert(module, tokens, inputs);
    }
  }
}
