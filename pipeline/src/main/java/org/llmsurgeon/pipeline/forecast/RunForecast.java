package org.llmsurgeon.pipeline.forecast;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.cluster.ExecutorMemory;
import org.llmsurgeon.pipeline.cluster.GpuWork;
import org.llmsurgeon.pipeline.cluster.RunUsage;
import org.llmsurgeon.pipeline.cluster.StageLimits;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.cluster.TaskSlots;
import org.llmsurgeon.pipeline.forecast.size.Cards;
import org.llmsurgeon.pipeline.forecast.size.Machines;
import org.llmsurgeon.pipeline.forecast.size.Workload;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.WindowsFile;

/** What a run is expected to need, made before its first stage, to be held against what it does. */
public final class RunForecast {
  private static final double GIBI = 1L << 30;
  private static final ResourceUse.Amount NOTHING = new ResourceUse.Amount(0, 0, 0, 0, 0, 0L);

  private final ResourcePlan plan;
  private final Machines machines;
  private final boolean local;

  private RunForecast(ResourcePlan plan, Machines machines, boolean local) {
    this.plan = plan;
    this.machines = machines;
    this.local = local;
  }

  /**
   * The forecast of a run on the machines that it has now, at the speed of this one.
   *
   * @param session the operation
   * @param plan what will be done
   * @param config the model
   * @param weightBytes bytes of one stored weight
   */
  public static RunForecast of(Session session, RunPlan plan, ModelConfig config, int weightBytes) {
    WindowsFile calibration = plan.windows().calibration();
    WindowsFile test = plan.windows().test();
    WindowsFile some = calibration == null ? test : calibration;
    Workload work =
        new Workload(
            config,
            weightBytes,
            plan.recipe(),
            plan.share(),
            calibration == null ? 0 : calibration.windows(),
            some == null ? plan.identity().context() : some.context(),
            test == null ? 0 : (int) (test.tokens() / some.context()),
            plan.shards().size());
    boolean local = session.spark().isLocal();
    Machines machines =
        new Machines(
            local ? 1 : TaskSlots.executors(session.spark()),
            TaskSlots.tasks(session.spark()),
            ExecutorMemory.bytes(session.spark().getConf()),
            MachineRates.quick(),
            cards(session));
    return new RunForecast(ResourcePlanner.plan(work, machines), machines, local);
  }

  /** The cards of this run's executors, of which one is asked what it is. */
  private static Cards cards(Session session) {
    int each = session.tasks().cards();
    if (each == 0) {
      return Cards.NONE;
    }
    CardLook.Seen seen =
        session
            .tasks()
            .onGpus(GpuWork.PASSES)
            .quiet()
            .run(StageName.of("look at the card"), List.of(0), new CardLook())
            .value()
            .get(0);
    // Spark gives a task a core besides its card.
    int used = Math.min(each, TaskSlots.tasks(session.spark()));
    return new Cards(used, CardTable.seen(seen.description(), seen.memory()));
  }

  /** The stages of which an executor has cores for more tasks than memory. */
  public StageLimits limits() {
    return new StageLimits(
        plan.stages().stream()
            .filter(stage -> stage.tasks() > stage.atOnce())
            .filter(stage -> stage.atOnce() < machines.cores())
            .collect(Collectors.toMap(StagePlan::name, StagePlan::atOnce)));
  }

  /** What is short of memory, in a sentence; empty where an executor has what it needs. */
  public Optional<String> shortage() {
    return plan.shortest(machines.memory())
        .map(
            stage ->
                String.format(
                    Locale.ROOT,
                    "The stage %s needs about %.1f GiB for one task, and a process has %.1f GiB; it"
                        + " may be killed. %s.",
                    stage.name(),
                    stage.memory().least() / GIBI,
                    machines.memory() / GIBI,
                    local
                        ? "Take a machine with more memory"
                        : "Give -- --conf spark.executor.memoryOverhead="
                            + ((stage.memory().least() >> 30) + 1)
                            + "g"))
        .or(this::shortageOnCard);
  }

  private Optional<String> shortageOnCard() {
    return Optional.ofNullable(machines.cards().kind())
        .flatMap(
            card ->
                plan.shortestOnCard(card.memory())
                    .map(
                        stage ->
                            String.format(
                                Locale.ROOT,
                                "The stage %s needs about %.1f GiB of a card for one task, and %s"
                                    + " has %.1f GiB; it may fail. Give --gpu none.",
                                stage.name(),
                                stage.memory().card() / GIBI,
                                card.name(),
                                card.memory() / GIBI)));
  }

  /**
   * The forecast beside what was.
   *
   * @param usage what was measured
   */
  public ResourceUse against(RunUsage usage) {
    List<RunUsage.Stage> actual = usage.stages();
    return new ResourceUse(
        stages(actual),
        new ResourceUse.Need(
            plan.seconds(),
            plan.stages().stream().mapToLong(stage -> stage.times() * stage.work().read()).sum(),
            plan.stages().stream().mapToLong(stage -> stage.times() * stage.work().written()).sum(),
            local ? Math.max(plan.driverBytes(), plan.executorBytes()) : plan.driverBytes(),
            plan.executorBytes(),
            plan.diskBytes()),
        new ResourceUse.Need(
            sum(actual, RunUsage.Stage::seconds),
            total(actual, stage -> stage.traffic().read()),
            total(actual, stage -> stage.traffic().written()),
            actual.stream().map(RunUsage.Stage::driver).reduce(null, RunUsage::larger),
            actual.stream().map(RunUsage.Stage::executor).reduce(null, RunUsage::larger),
            usage.disk()));
  }

  /** The planned stages, then those that were not: they are planned for nothing. */
  private List<ResourceUse.Stage> stages(List<RunUsage.Stage> actual) {
    Map<String, ResourceUse.Amount> planned = new LinkedHashMap<>();
    plan.stages().forEach(stage -> planned.put(stage.name(), amount(stage)));
    actual.forEach(stage -> planned.putIfAbsent(stage.name(), NOTHING));
    return planned.entrySet().stream()
        .map(
            stage ->
                new ResourceUse.Stage(
                    stage.getKey(), stage.getValue(), amount(stage.getKey(), actual)))
        .toList();
  }

  private static ResourceUse.Amount amount(StagePlan planned) {
    return new ResourceUse.Amount(
        planned.times(),
        planned.times() * planned.seconds(),
        planned.times() * planned.work().read(),
        planned.times() * planned.work().written(),
        planned.memory().tensors(),
        planned.memory().process());
  }

  private static ResourceUse.Amount amount(String name, List<RunUsage.Stage> all) {
    List<RunUsage.Stage> actual = all.stream().filter(stage -> stage.name().equals(name)).toList();
    return new ResourceUse.Amount(
        actual.size(),
        sum(actual, RunUsage.Stage::seconds),
        total(actual, stage -> stage.traffic().read()),
        total(actual, stage -> stage.traffic().written()),
        actual.stream().mapToLong(RunUsage.Stage::device).max().orElse(0),
        actual.stream().map(RunUsage.Stage::worker).reduce(null, RunUsage::larger));
  }

  private static double sum(List<RunUsage.Stage> stages, ToDoubleFunction<RunUsage.Stage> of) {
    return stages.stream().mapToDouble(of).sum();
  }

  private static long total(List<RunUsage.Stage> stages, ToLongFunction<RunUsage.Stage> of) {
    return stages.stream().mapToLong(of).sum();
  }
}
