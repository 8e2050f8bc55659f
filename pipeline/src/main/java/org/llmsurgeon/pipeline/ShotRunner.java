package org.llmsurgeon.pipeline;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.model.ModelConfig;
import org.llmsurgeon.pruning.GlobalThreshold;
import org.llmsurgeon.pruning.RowsColumns;
import org.llmsurgeon.pruning.StructureCosts;
import org.llmsurgeon.pruning.ThresholdResult;
import org.llmsurgeon.surgery.FactorKey;
import org.llmsurgeon.surgery.FactorPlan;
import org.llmsurgeon.surgery.Recipe;

/**
 * The stages of one shot: accumulate, reduce, score, cut, commit. Each step that is done already is
 * taken from the run directory, so a run that stopped goes on where it was.
 */
final class ShotRunner {
  private final Session session;
  private final RunDirectory run;
  private final RunPlan plan;
  private final ModelConfig config;
  private final Recipe recipe;
  private final ModelRef model;
  private final int shot;

  /**
   * A shot.
   *
   * @param session the operation
   * @param run run directory
   * @param plan its plan
   * @param config the model
   * @param shot from 1; the one before is committed
   */
  ShotRunner(Session session, RunDirectory run, RunPlan plan, ModelConfig config, int shot) {
    this.session = session;
    this.run = run;
    this.plan = plan;
    this.config = config;
    this.recipe = Recipe.of(plan.identity().recipe());
    this.model = session.model(plan.identity().inputs().model().path(), run, shot - 1);
    this.shot = shot;
  }

  /** Does the shot and commits it. */
  ShotManifest run() {
    FactorsManifest factors = factors();
    SelectionManifest selection = selection();
    Timed<List<LayerFile>> cut = cut(selection);
    ShotManifest manifest =
        new ShotManifest(
            shot,
            selection.target(),
            selection.threshold(),
            selection.removed(),
            selection.total(),
            cut.value(),
            new StageSeconds(
                shot == 1 ? plan.tokeniseSeconds() : 0,
                factors.accumulateSeconds(),
                factors.reduceSeconds(),
                selection.scoreSeconds(),
                cut.seconds(),
                0));
    new CommitCheck(run, config).check(manifest, selection);
    run.commit(RunDirectory.manifest(shot), manifest);
    return manifest;
  }

  /** The mean factors, gathered where they are not there yet. */
  FactorsManifest factors() {
    Optional<FactorsManifest> done =
        run.finished(FactorsManifest.path(shot), FactorsManifest.class);
    return done.orElseGet(
        () -> {
          FactorsManifest factors = gather();
          run.commit(FactorsManifest.path(shot), factors);
          return factors;
        });
  }

  private FactorsManifest gather() {
    List<FactorKey> keys = FactorPlan.keys(config, recipe.curvature());
    if (recipe.curvature() == CurvatureKind.IDENTITY) {
      return new FactorsManifest(0, null, List.of(), 0, 0);
    }
    Timed<List<ShardRecord>> shards = accumulate();
    ReduceStage reduce = new ReduceStage(run, shot, keys, shards.value());
    Timed<List<FactorsManifest.Factor>> factors =
        Timed.onDriver(
            session.progress(), stage("reduce"), keys.size(), () -> reduce.run(session.progress()));
    return new FactorsManifest(
        reduce.tokens(), reduce.meanLoss(), factors.value(), shards.seconds(), factors.seconds());
  }

  private Timed<List<ShardRecord>> accumulate() {
    List<ShardRecord> records = new ArrayList<>();
    List<ShardTask> missing = new ArrayList<>();
    for (FactorGroup group : plan.groups()) {
      for (org.llmsurgeon.surgery.Shard shard : plan.shards()) {
        ShardTask task = new ShardTask(shard, group);
        run.finished(task.record(shot), ShardRecord.class)
            .ifPresentOrElse(records::add, () -> missing.add(task));
      }
    }
    AccumulateTask work =
        new AccumulateTask(
            model, run.path(), shot, plan.calibration(), recipe.curvature(), session.settings());
    Timed<List<ShardRecord>> made =
        session
            .tasks()
            .run(
                stage("accumulate"),
                missing,
                work,
                record ->
                    run.commit(new ShardTask(record.shard(), record.group()).record(shot), record));
    records.addAll(made.value());
    records.sort(Comparator.comparingInt(record -> record.shard().index()));
    return new Timed<>(records, made.seconds());
  }

  private SelectionManifest selection() {
    return run.finished(SelectionManifest.path(shot), SelectionManifest.class)
        .orElseGet(
            () -> {
              SelectionManifest selection = select();
              run.commit(SelectionManifest.path(shot), selection);
              return selection;
            });
  }

  private SelectionManifest select() {
    Timed<List<StructureCosts>> costs = costs();
    double target = recipe.target(shot);
    ThresholdResult result =
        GlobalThreshold.select(costs.value(), target, (RowsColumns) recipe.structures());
    List<LayerSelection> layers =
        IntStream.range(0, result.selections().size())
            .mapToObj(i -> LayerSelection.of(i, result.selections().get(i)))
            .toList();
    return new SelectionManifest(
        target, result.threshold(), result.removed(), result.total(), layers, costs.seconds());
  }

  /** Costs of all layers, in the model's order; the factors must be there. */
  Timed<List<StructureCosts>> costs() {
    List<Integer> order = largestFirst();
    Timed<List<LayerCosts>> costs =
        session.tasks().run(stage("score"), order, new ScoreTask(work()));
    StructureCosts[] sorted = new StructureCosts[order.size()];
    for (int i = 0; i < sorted.length; i++) {
      sorted[order.get(i)] = costs.value().get(i).costs();
    }
    return new Timed<>(List.of(sorted), costs.seconds());
  }

  private Timed<List<LayerFile>> cut(SelectionManifest selection) {
    LayerFile[] files = new LayerFile[config.linears().size()];
    List<LayerSelection> missing = new ArrayList<>();
    for (int layer : largestFirst()) {
      Optional<LayerFile> done = run.finished(cutRecord(layer), LayerFile.class);
      done.ifPresentOrElse(
          file -> files[layer] = file, () -> missing.add(selection.layers().get(layer)));
    }
    List<String> names = config.linears().stream().map(LinearShape::name).toList();
    Timed<List<LayerFile>> made =
        session
            .tasks()
            .run(
                stage("cut"),
                missing,
                new CutTask(work()),
                file -> run.commit(cutRecord(names.indexOf(file.layer())), file));
    for (int i = 0; i < missing.size(); i++) {
      files[missing.get(i).layer()] = made.value().get(i);
    }
    return new Timed<>(List.of(files), made.seconds());
  }

  private String cutRecord(int layer) {
    return RunDirectory.inShot(shot, "weights/" + config.linears().get(layer).name() + ".json");
  }

  private LayerWork work() {
    return new LayerWork(
        model, run.path(), shot, new LinkedHashMap<>(recipe.options()), session.settings());
  }

  /** Positions of the layers, the most work first: then the last tasks to end are short ones. */
  private List<Integer> largestFirst() {
    List<LinearShape> layers = config.linears();
    return IntStream.range(0, layers.size())
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -work(layers.get(i))))
        .toList();
  }

  private static double work(LinearShape layer) {
    return Math.pow(layer.outputs(), 3) + Math.pow(layer.augmentedInputs(), 3);
  }

  private StageName stage(String name) {
    return new StageName(shot, recipe.shots(), name);
  }
}
