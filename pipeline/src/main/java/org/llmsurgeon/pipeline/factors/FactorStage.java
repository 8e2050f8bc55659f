package org.llmsurgeon.pipeline.factors;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.FisherKind;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.GpuWork;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.cluster.ReducePlace;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorPass;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.calibrate.Shard;

/**
 * Gathers the mean factors of a shot, pass by pass: a task per shard, then their sums, where {@link
 * ReducePlace} says. Passes and shards that are there already are not done again.
 */
public final class FactorStage {
  private final ShotContext shot;
  private final RunDirectory run;

  /**
   * The stage of a shot.
   *
   * @param shot the shot
   */
  public FactorStage(ShotContext shot) {
    this.shot = shot;
    this.run = shot.run();
  }

  /** The mean factors, gathered where they are not there yet. */
  public FactorsManifest factors() {
    String path = FactorsManifest.path(shot.shot());
    return run.finished(path, FactorsManifest.class)
        .orElseGet(
            () -> {
              FactorsManifest factors = gather();
              run.commit(path, factors);
              return factors;
            });
  }

  /**
   * What a pass gathers beside the factors, for baselines; gathered where it is not there yet.
   *
   * @param pass which sums
   * @return kept as {@link FactorsManifest#ofBaseline}
   */
  public FactorsManifest ofBaseline(FactorPass pass) {
    String path = FactorsManifest.ofBaseline(shot.shot());
    return run.finished(path, FactorsManifest.class)
        .orElseGet(
            () -> {
              FactorsManifest sums = gather(pass, null);
              run.commit(path, sums);
              run.delete(ShotStage.ACCUMULATE.folder(shot.shot()));
              return sums;
            });
  }

  private FactorsManifest gather() {
    List<FactorPass> passes = FactorPlan.passes(shot.recipe().curvature(), shot.shot());
    if (passes.isEmpty()) {
      return FactorsManifest.NONE;
    }
    boolean goesOn = passes.get(0).index() > 0;
    String before = goesOn ? FactorsManifest.path(shot.shot() - 1) : null;
    FactorsManifest factors =
        goesOn ? run.required(before, FactorsManifest.class).untimed() : FactorsManifest.NONE;
    for (FactorPass pass : passes.subList(0, passes.size() - 1)) {
      String path = FactorsManifest.path(shot.shot(), pass.index());
      factors = between(path, pass, before, factors);
      before = path;
    }
    FactorsManifest all = factors.and(gather(passes.get(passes.size() - 1), before));
    return all.only(FactorPlan.keys(shot.config(), shot.recipe().curvature()));
  }

  /** The factors after a pass that is not the last; what only the pass needed is deleted. */
  private FactorsManifest between(
      String path, FactorPass pass, String before, FactorsManifest factors) {
    return run.finished(path, FactorsManifest.class)
        .orElseGet(
            () -> {
              FactorsManifest all = factors.and(gather(pass, before));
              if (shot.recipe().curvature().kind() == CurvatureKind.EKFAC) {
                all = all.and(bases(all));
              }
              run.commit(path, all);
              run.delete(ShotStage.ACCUMULATE.folder(shot.shot()));
              return all;
            });
  }

  /** The eigenvectors of all factors: a task for the layers that read one input. */
  private FactorsManifest bases(FactorsManifest means) {
    List<LinearShape> layers = shot.config().linears();
    Map<String, List<Integer>> groups = new LinkedHashMap<>();
    for (int layer : shot.largestFirst()) {
      groups.computeIfAbsent(layers.get(layer).inputGroup(), group -> new ArrayList<>()).add(layer);
    }
    List<BasisTask.Item> items =
        groups.values().stream()
            .map(
                group -> {
                  List<FactorKey> keys =
                      group.stream()
                          .map(layers::get)
                          .flatMap(layer -> Stream.of(FactorPlan.a(layer), FactorPlan.g(layer)))
                          .distinct()
                          .toList();
                  return new BasisTask.Item(group, means.only(keys).factors(), means.size());
                })
            .toList();
    Timed<List<BasisTask.Made>> made =
        shot.session().tasks().run(shot.stage("eigen"), items, new BasisTask(shot.work()));
    List<FactorsManifest.Factor> bases =
        made.value().stream().flatMap(each -> each.factors().stream()).toList();
    return new FactorsManifest(means.size(), null, bases, 0, made.seconds());
  }

  private FactorsManifest gather(FactorPass pass, String before) {
    List<FactorKey> keys = pass.keys(shot.config());
    Timed<List<ShardRecord>> shards = accumulate(pass, before);
    Reduction reduction = new Reduction(run, shot.shot(), keys, shards.value());
    Timed<List<FactorsManifest.Factor>> factors = reduce(reduction, keys.size());
    return new FactorsManifest(
        reduction.size(),
        reduction.meanLoss(),
        factors.value(),
        shards.seconds(),
        factors.seconds());
  }

  private Timed<List<FactorsManifest.Factor>> reduce(Reduction reduction, int factors) {
    Session session = shot.session();
    StageName stage = shot.stage("reduce");
    if (session.reduce().onExecutors(reduction.bytes())) {
      return reduction.onExecutors(session.tasks(), stage, session.settings());
    }
    Progress progress = session.progress();
    return Timed.onDriver(progress, stage, factors, () -> reduction.onDriver(progress));
  }

  private WindowsFile targets() {
    boolean ofDense = shot.recipe().curvature().fisher().kind() == FisherKind.KL;
    return ofDense ? new DenseTargets(shot).file() : null;
  }

  /**
   * All records of a pass, sorted by shard.
   *
   * @param before where the factors of the passes before are; null for none
   */
  private Timed<List<ShardRecord>> accumulate(FactorPass pass, String before) {
    List<ShardRecord> records = new ArrayList<>();
    List<ShardTask> missing = new ArrayList<>();
    for (Shard shard : shot.plan().shards()) {
      ShardTask task = new ShardTask(shard, pass.index());
      run.finished(task.record(shot.shot()), ShardRecord.class)
          .ifPresentOrElse(records::add, () -> missing.add(task));
    }
    Session session = shot.session();
    AccumulateTask work =
        new AccumulateTask(
            shot.work(), shot.plan().calibration(shot.shot()), targets(), pass, before);
    Timed<List<ShardRecord>> made =
        session
            .tasks()
            .onGpus(GpuWork.PASSES)
            .run(
                shot.stage("accumulate"),
                missing,
                work,
                record -> run.commit(record.task().record(shot.shot()), record));
    records.addAll(made.value());
    records.sort(Comparator.comparingInt(record -> record.shard().index()));
    return new Timed<>(records, made.seconds());
  }
}
