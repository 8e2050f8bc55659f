package org.llmsurgeon.pipeline.cut;

import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.cluster.RunFailedException;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.surgery.choose.Allowance;
import org.llmsurgeon.surgery.choose.Competition;
import org.llmsurgeon.surgery.operate.LayerReport;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.shot.ShotChoice;

/** What must hold before a shot is committed. */
public final class CommitCheck {
  private final RunDirectory run;
  private final ModelConfig config;
  private final Recipe recipe;

  /**
   * A check.
   *
   * @param run run directory
   * @param config the model
   * @param recipe what was asked for
   */
  public CommitCheck(RunDirectory run, ModelConfig config, Recipe recipe) {
    this.run = run;
    this.config = config;
    this.recipe = recipe;
  }

  /**
   * Throws unless every layer is there, what was removed stays removed, and not more is gone than
   * the target and the limits allow. Where more was gone before, nothing may have gone.
   *
   * @param shot what is to be committed
   * @param selection what was to go
   * @throws RunFailedException naming the shot and the layer
   */
  public void check(ShotManifest shot, ShotChoice selection) {
    List<LinearShape> layers = config.linears();
    require(shot.layers().size() == layers.size(), shot, "has not all layers");
    long removed = 0;
    for (int i = 0; i < layers.size(); i++) {
      LayerFile file = shot.layers().get(i);
      String name = layers.get(i).name();
      require(file.layer().equals(name), shot, "lacks layer " + name);
      removed += file.cut().weights().removed();
    }
    require(
        removed == shot.removal().removed(),
        shot,
        "removed " + removed + ", not " + shot.removal().removed());
    checkAllowed(shot);
    if (shot.shot() > 1) {
      ShotChoice earlier = run.required(ShotStage.SCORE.record(shot.shot() - 1), ShotChoice.class);
      checkStays(shot, earlier, selection);
      checkCounts(run.required(RunDirectory.manifest(shot.shot() - 1), ShotManifest.class), shot);
    }
  }

  private void checkAllowed(ShotManifest shot) {
    Competition competition = Competition.of(config, recipe);
    for (Allowance part : competition.allowances(shot.removal().target())) {
      String of = part.name().isEmpty() ? "" : " of " + part.name();
      checkAllowed(shot, part, of + ", more than its target");
    }
    for (LinearShape layer : config.linears()) {
      Allowance most = new Allowance(layer.name(), List.of(layer), recipe.layers().most(layer));
      checkAllowed(shot, most, " of layer " + layer.name() + ", more than may go of it");
    }
  }

  private void checkAllowed(ShotManifest shot, Allowance part, String otherwise) {
    long removed = 0;
    long before = 0;
    for (LinearShape layer : part.layers()) {
      LayerReport cut = shot.layers().get(config.index(layer)).cut();
      removed += cut.weights().removed();
      before += cut.weights().before();
    }
    require(
        removed <= part.weights() || removed == before,
        shot,
        "removed " + removed + " weights" + otherwise);
  }

  private void checkStays(ShotManifest shot, ShotChoice before, ShotChoice now) {
    for (int i = 0; i < before.layers().size(); i++) {
      Selection old = before.layers().get(i).lines();
      Selection all = now.layers().get(i).lines();
      require(
          contains(all.rows(), old.rows()) && contains(all.columns(), old.columns()),
          shot,
          "brings back what was removed of layer " + config.linears().get(i).name());
    }
  }

  private static void checkCounts(ShotManifest before, ShotManifest now) {
    for (int i = 0; i < now.layers().size(); i++) {
      LayerFile layer = now.layers().get(i);
      require(
          layer.cut().weights().removed() >= before.layers().get(i).cut().weights().removed(),
          now,
          "has more weights in layer " + layer.layer() + " than the one before");
    }
  }

  private static boolean contains(int[] all, int[] some) {
    return IntStream.of(some).allMatch(index -> java.util.Arrays.binarySearch(all, index) >= 0);
  }

  private static void require(boolean holds, ShotManifest shot, String otherwise) {
    if (!holds) {
      throw new RunFailedException("shot " + shot.shot() + " " + otherwise + ".");
    }
  }
}
