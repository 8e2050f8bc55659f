package org.llmsurgeon.pipeline.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.factors.FactorStage;
import org.llmsurgeon.pipeline.run.AfterCut;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.run.StageSeconds;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.surgery.shot.Removal;

/**
 * A run of Wanda or SparseGPT. As published it goes block by block: each is measured and pruned as
 * a shot is, on the model whose blocks before it are pruned already. Time: a forward pass for each
 * block.
 */
final class BaselineRun {
  private final ShotContext first;
  private final Method method;

  /**
   * A run.
   *
   * @param first the first shot, whose factors of the dense model are there
   * @param method a baseline
   */
  BaselineRun(ShotContext first, Method method) {
    this.first = first;
    this.method = method;
  }

  /** Prunes, and says what the last shot is. */
  int run() {
    if (!method.blockByBlock()) {
      commit(first, cut(first, first.largestFirst(), null));
      return 1;
    }
    int blocks = first.config().blocks().size();
    List<LayerFile> layers = null;
    for (int block = 0; block < blocks; block++) {
      layers = prune(block, layers);
    }
    return blocks;
  }

  /** Prunes a block; those after it are still dense. */
  private List<LayerFile> prune(int block, List<LayerFile> before) {
    ShotContext shot = first.at(block + 1);
    if (block > 0) {
      new FactorStage(shot).factors();
    }
    List<LinearShape> all = shot.config().linears();
    List<Integer> going =
        before == null
            ? shot.largestFirst()
            : shot.largestFirst().stream().filter(i -> all.get(i).block() == block).toList();
    Timed<List<LayerFile>> cut = cut(shot, going, block);
    List<LayerFile> layers = new ArrayList<>(before == null ? cut.value() : before);
    IntStream.range(0, going.size()).forEach(i -> layers.set(going.get(i), cut.value().get(i)));
    commit(shot, new Timed<>(layers, cut.seconds()));
    if (block > 0) {
      shot.run().delete(ShotStage.ACCUMULATE.folder(shot.shot()));
      shot.run().delete(ShotStage.REDUCE.folder(shot.shot()));
    }
    return layers;
  }

  /** New weights of some layers, in the order of the layers that are given. */
  private Timed<List<LayerFile>> cut(ShotContext shot, List<Integer> order, Integer block) {
    BaselineTask task = new BaselineTask(shot.work(), method.sparseGpt(), block);
    return shot.session().tasks().run(shot.stage("cut"), order, task);
  }

  private void commit(ShotContext shot, Timed<List<LayerFile>> cut) {
    List<LinearShape> all = shot.config().linears();
    LayerFile[] sorted = new LayerFile[all.size()];
    for (LayerFile file : cut.value()) {
      sorted[position(all, file.layer())] = file;
    }
    long removed =
        IntStream.range(0, sorted.length)
            .filter(i -> shot.recipe().layers().touches(all.get(i)))
            .mapToLong(i -> sorted[i].cut().weights().removed())
            .sum();
    long total = all.stream().mapToLong(LinearShape::weights).sum();
    StageSeconds seconds = new StageSeconds(0, 0, 0, 0, cut.seconds(), 0);
    double share = shot.plan().share();
    shot.run()
        .commit(
            RunDirectory.manifest(shot.shot()),
            new ShotManifest(
                shot.shot(),
                new Removal(share, 0, removed, total),
                List.of(sorted),
                seconds,
                AfterCut.NOTHING));
  }

  private static int position(List<LinearShape> all, String layer) {
    return IntStream.range(0, all.size())
        .filter(i -> all.get(i).name().equals(layer))
        .findFirst()
        .orElseThrow();
  }
}
