package org.llmsurgeon.pipeline.report;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.cluster.ShotFigures;
import org.llmsurgeon.pipeline.forecast.RunForecast;
import org.llmsurgeon.pipeline.run.Evaluation;
import org.llmsurgeon.pipeline.run.ExpertTokens;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.RecoveryRecord;
import org.llmsurgeon.pipeline.run.RunIdentity;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.run.StageSeconds;
import org.llmsurgeon.pipeline.run.TrustRecord;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.pipeline.shot.ShotLosses;
import org.llmsurgeon.surgery.choose.HalvesCheck;
import org.llmsurgeon.surgery.choose.Shortfall;
import org.llmsurgeon.surgery.operate.LayerReport;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.shot.ShotChoice;

/** Gathers what a run did into its report. */
public final class ReportBuilder {
  private final Session session;
  private final RunPlan plan;
  private final Shortfall shortfall;
  private final ReportedShots shots;
  private Double densePerplexity;
  private Map<String, Double> denseScores = Map.of();
  private Map<String, Double> scores = Map.of();
  private Double perplexityF32;
  private int resumedFromShot;
  private ShotManifest first;
  private ShotManifest last;
  private final Set<String> told = new HashSet<>();
  private final List<PruningReport.Factor> factors = new ArrayList<>();
  private final List<PruningReport.Update> updates = new ArrayList<>();
  private final List<String> ofUpdates = new ArrayList<>();
  private final ExpertFigures experts = new ExpertFigures();
  private RunForecast forecast;
  private HalvesCheck halves;
  private final List<PruningReport.Trust> trust = new ArrayList<>();
  private ModelConfig model;
  private List<String> ofPlan = List.of();

  /**
   * An empty report.
   *
   * @param session the operation
   * @param plan the plan
   * @param losses what shots cost
   * @param shortfall says where less goes than was asked for
   */
  public ReportBuilder(Session session, RunPlan plan, ShotLosses losses, Shortfall shortfall) {
    this.session = session;
    this.plan = plan;
    this.shots = new ReportedShots(losses);
    this.shortfall = shortfall;
  }

  /**
   * What decided a report's result.
   *
   * @param report of a finished run
   */
  public static RunIdentity identity(PruningReport report) {
    return new RunIdentity(
        report.setup().inputs(),
        report.setup().recipe(),
        report.setup().context(),
        report.setup().versions().device());
  }

  /** Sets the perplexity of the model as it came. */
  public void dense(Evaluation evaluation) {
    densePerplexity = evaluation.perplexity();
    denseScores = evaluation.scores();
  }

  /** Sets what there was to warn of before the first shot, which was told then. */
  public void planned(List<String> warnings) {
    ofPlan = List.copyOf(warnings);
    told.addAll(ofPlan);
  }

  /** Sets what the run is expected to need. */
  public void forecast(RunForecast expected) {
    forecast = expected;
  }

  /** Sets how far halves of the first shot's data agree; null where nobody asked. */
  public void halves(HalvesCheck check) {
    halves = check;
  }

  /**
   * Adds a cut that was measured part by part.
   *
   * @param shot from 1
   * @param round which try of the shot, from 1
   * @param tried what was found
   */
  public void trust(int shot, int round, TrustRecord tried) {
    for (TrustRecord.Part part : tried.parts()) {
      trust.add(
          new PruningReport.Trust(
              shot,
              round,
              part.name(),
              part.share(),
              part.predictedNats(),
              part.measuredNats(),
              part.held()));
    }
  }

  /** Sets the model, of whose layers sizes are computed. */
  public void model(ModelConfig config) {
    model = config;
  }

  /**
   * Adds how many tokens reached each expert.
   *
   * @param shot from 1
   * @param tokens the count
   */
  public void experts(int shot, ExpertTokens tokens) {
    experts.add(shot, tokens);
  }

  /** Sets the shot after which this process went on. */
  public void resumedFrom(int shot) {
    resumedFromShot = shot;
  }

  /**
   * Adds the next shot.
   *
   * @param shot what it did
   * @param selection what was chosen in it
   * @param evaluation perplexity after it, with weights in F32
   */
  public void shot(ShotManifest shot, ShotChoice selection, Evaluation evaluation) {
    factors.addAll(ShotHealth.factors(shot, selection));
    updates.addAll(ShotHealth.updates(shot));
    ShotHealth.warning(shot).ifPresent(ofUpdates::add);
    shots.add(shot, selection, evaluation, model);
    first = first == null ? shot : first;
    last = shot;
    perplexityF32 = evaluation.perplexity();
    scores = evaluation.scores();
  }

  /** The last shot that was added. */
  public ShotManifest last() {
    return last;
  }

  /** Whether the last shot that was added is the last of the run. */
  private boolean isLast() {
    return plan.isLast(last.shot(), last.removal().target());
  }

  /** The last shot that was added, in numbers. */
  public ShotFigures figures() {
    ShotReport shot = shots.last();
    StageSeconds spent = shot.seconds();
    boolean read = plan.windows().calibration() != null && spent.accumulate() > 0;
    return new ShotFigures(
        shot.shot(),
        plan.shots(),
        shot.removal().sparsity(),
        shot.loss().perplexity(),
        read ? plan.windows().calibration().tokens() / spent.accumulate() : null,
        Map.of(
            "tokenise", spent.tokenise(),
            "accumulate", spent.accumulate(),
            "reduce", spent.reduce(),
            "score", spent.score(),
            "cut", spent.cut(),
            "evaluate", spent.evaluate()));
  }

  /** A line about the last shot that was added. */
  public String line() {
    ShotReport shot = shots.last();
    StringBuilder line = new StringBuilder();
    line.append(
        String.format(
            Locale.ROOT,
            "shot %d/%d: %.1f %% removed",
            shot.shot(),
            plan.shots(),
            100 * shot.removal().sparsity()));
    if (shot.loss().perplexity() != null) {
      line.append(String.format(Locale.ROOT, ", perplexity %.3f", shot.loss().perplexity()));
      asCut(shot)
          .ifPresent(cut -> line.append(String.format(Locale.ROOT, " (%.3f as it was cut)", cut)));
      scores.forEach(
          (name, value) -> line.append(String.format(Locale.ROOT, ", %s %.4f", name, value)));
    }
    if (shot.loss().predictedNats() != null) {
      line.append(
          shot.loss().measuredNats() == null
              ? String.format(Locale.ROOT, ", loss %+.4f predicted", shot.loss().predictedNats())
              : String.format(
                  Locale.ROOT,
                  ", loss %+.4f (predicted %+.4f)",
                  shot.loss().measuredNats(),
                  shot.loss().predictedNats()));
    }
    return line.toString();
  }

  /** Perplexity of a shot before more was done to it. */
  private static Optional<Double> asCut(ShotReport shot) {
    if (shot.after().reconstruction() != null) {
      return Optional.ofNullable(shot.after().reconstruction().perplexityBefore());
    }
    return shot.after().correction() != null
        ? Optional.ofNullable(shot.after().correction().perplexityBefore())
        : Optional.ofNullable(shot.after().recovery()).map(RecoveryRecord::perplexityBefore);
  }

  /** Warnings that nobody was told of yet. */
  public List<String> newWarnings() {
    return warnings(shots.measured()).stream().filter(told::add).toList();
  }

  private List<String> warnings(List<ShotReport> all) {
    return Stream.of(
            ofPlan.stream(),
            all.stream().flatMap(shot -> shot.warning().stream()),
            ofUpdates.stream(),
            experts.warnings().stream(),
            missing().stream(),
            RunWarnings.data(halves).stream(),
            RunWarnings.kept(first, plan.recipe()).stream())
        .flatMap(each -> each)
        .toList();
  }

  /** What is missing of a target at which somebody gets the model. */
  private Optional<String> missing() {
    double share = plan.share();
    boolean kept = isLast() || plan.recipe().savedAt(last.removal().target(), share).isPresent();
    return kept
        ? shortfall.warning(last.removal().target(), share, last.removal().removed())
        : Optional.empty();
  }

  /**
   * The report.
   *
   * @param written perplexity of the folder as written, which takes the place of the last shot's
   * @param saved models that were kept
   * @param export in which form the folder is written
   */
  public PruningReport build(
      Evaluation written, List<PruningReport.Saved> saved, ExportReport export) {
    List<ShotReport> all =
        shots.written(written.perplexity(), export == null ? null : export.before());
    return new PruningReport(
        setup(plan.identity()),
        new PruningReport.Quality(
            densePerplexity,
            perplexityF32,
            written.scores().entrySet().stream()
                .map(
                    each ->
                        new PruningReport.Score(
                            each.getKey(), denseScores.get(each.getKey()), each.getValue()))
                .toList()),
        all,
        IntStream.range(0, last.layers().size()).mapToObj(this::layer).toList(),
        new PruningReport.Notes(resumedFromShot, warnings(all), saved),
        new PruningReport.Numerics(factors, updates, halves, trust, experts.all()),
        forecast == null ? null : forecast.against(session.usage()),
        export);
  }

  private PruningReport.Setup setup(RunIdentity identity) {
    Recipe.Goal goal = identity.recipe().goal();
    return new PruningReport.Setup(
        versions(),
        identity.inputs().told(),
        identity.recipe(),
        new PruningReport.Target(goal.of().optionName(), goal.sparsity(), plan.share()),
        identity.context(),
        identity.recipe().calibration().seed(),
        tokens(plan.windows().calibration()),
        tokens(plan.windows().test()));
  }

  private PruningReport.Versions versions() {
    String own = ReportBuilder.class.getPackage().getImplementationVersion();
    return new PruningReport.Versions(
        own == null ? "development" : own,
        session.spark().version(),
        System.getProperty("java.version"),
        session.tasks().arithmetic());
  }

  private static PruningReport.Tokens tokens(WindowsFile file) {
    return file == null
        ? null
        : new PruningReport.Tokens(file.windows(), file.context(), file.tokens());
  }

  private PruningReport.Layer layer(int index) {
    LayerFile file = last.layers().get(index);
    LayerReport cut = file.cut();
    LayerReport.Lines lines = cut.lines();
    return new PruningReport.Layer(
        file.layer(),
        new PruningReport.Layer.Lines(
            lines.rows(),
            lines.rowsRemoved(),
            lines.rows() - lines.rowsRemoved(),
            lines.columns(),
            lines.columnsRemoved(),
            lines.columns() - lines.columnsRemoved()),
        new PruningReport.Layer.Weights(
            cut.weights().total(),
            cut.weights().removed(),
            first.layers().get(index).cut().weights().before(),
            first.layers().get(index).cut().weights().zeros()),
        new PruningReport.Layer.LayerDamping(cut.damping().g(), cut.damping().a()));
  }
}
