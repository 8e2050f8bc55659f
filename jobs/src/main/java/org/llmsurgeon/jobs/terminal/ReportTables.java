package org.llmsurgeon.jobs.terminal;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.report.ShotReport;
import org.llmsurgeon.pipeline.run.AfterCut;
import org.llmsurgeon.pipeline.run.CorrectionRecord;
import org.llmsurgeon.pipeline.run.ReconstructionRecord;
import org.llmsurgeon.pipeline.run.RecoveryRecord;
import org.llmsurgeon.pipeline.run.StageSeconds;

/** A pruning report as two tables: before and after, and where the time went. */
public final class ReportTables {
  private static final Map<String, ToDoubleFunction<StageSeconds>> STAGES = stages();

  private ReportTables() {}

  /**
   * Perplexity and weights of the dense and of the pruned model, the seconds of each stage, what
   * each constraint on widths costs, and the warnings.
   *
   * @param report of a finished run
   * @return lines of text, each ended by {@code \n}
   */
  public static String text(PruningReport report) {
    StringBuilder text = new StringBuilder();
    text.append(beforeAndAfter(report)).append('\n').append(times(report.shots()));
    constraints(report.shots()).ifPresent(table -> text.append('\n').append(table));
    if (!report.notes().saved().isEmpty()) {
      text.append('\n').append(saved(report.notes().saved()));
    }
    if (!report.notes().warnings().isEmpty()) {
      text.append('\n');
      report.notes().warnings().forEach(each -> text.append("Warning: ").append(each).append('\n'));
    }
    return text.toString();
  }

  private static TextTable beforeAndAfter(PruningReport report) {
    ShotReport last = report.shots().get(report.shots().size() - 1);
    TextTable table = new TextTable("", "dense", "pruned");
    if (report.quality().densePerplexity() != null && last.loss().perplexity() != null) {
      table.row(
          "perplexity",
          Format.perplexity(report.quality().densePerplexity()),
          Format.perplexity(last.loss().perplexity()));
    }
    report
        .quality()
        .scores()
        .forEach(
            each ->
                table.row(each.metric(), Format.score(each.dense()), Format.score(each.pruned())));
    AfterCut after = last.after();
    before(table, "reconstruction", after.reconstruction(), ReconstructionRecord::perplexityBefore);
    before(table, "correction", after.correction(), CorrectionRecord::perplexityBefore);
    before(table, "recovery", after.recovery(), RecoveryRecord::perplexityBefore);
    long before = report.layers().stream().mapToLong(layer -> layer.counts().removedBefore()).sum();
    return table
        .row(
            "weights of linear layers",
            Format.count(last.removal().total() - before),
            Format.count(last.removal().total() - last.removal().removed()))
        .row("removed", Format.count(before), Format.count(last.removal().removed()))
        .row(
            "sparsity",
            Format.percent((double) before / last.removal().total()),
            Format.percent(last.removal().sparsity()));
  }

  /** A row with the perplexity before something was done, if it was and that is known. */
  private static <T> void before(
      TextTable table, String what, T done, Function<T, Double> perplexity) {
    Double value = done == null ? null : perplexity.apply(done);
    if (value != null) {
      table.row("  before the " + what, "", Format.perplexity(value));
    }
  }

  /** What each constraint on widths added to the predicted loss, over all shots. */
  private static Optional<TextTable> constraints(List<ShotReport> shots) {
    Map<String, double[]> sums = new TreeMap<>();
    for (ShotReport shot : shots) {
      shot.choice()
          .constraints()
          .forEach(
              (option, each) -> {
                if (each.addedNats() != null) {
                  double[] sum = sums.computeIfAbsent(option, any -> new double[2]);
                  sum[0] += each.predictedNatsWithout();
                  sum[1] += each.addedNats();
                }
              });
    }
    if (sums.isEmpty()) {
      return Optional.empty();
    }
    TextTable table =
        new TextTable("constraint on widths", "predicted loss", "without it", "costs");
    sums.forEach(
        (option, sum) ->
            table.row(
                "--" + option,
                Format.number(sum[0] + sum[1], 4),
                Format.number(sum[0], 4),
                Format.number(sum[1], 4)));
    return Optional.of(table);
  }

  private static TextTable saved(List<PruningReport.Saved> models) {
    TextTable table = new TextTable("kept at", "sparsity", "perplexity", "folder");
    for (PruningReport.Saved each : models) {
      table.row(
          String.valueOf(each.share()),
          Format.percent(each.sparsity()),
          each.perplexity() == null ? "" : Format.perplexity(each.perplexity()),
          each.folder());
    }
    return table;
  }

  private static TextTable times(List<ShotReport> shots) {
    TextTable table = new TextTable("stage", "seconds", "per shot");
    double total = 0;
    for (Map.Entry<String, ToDoubleFunction<StageSeconds>> stage : STAGES.entrySet()) {
      double seconds =
          shots.stream().mapToDouble(shot -> stage.getValue().applyAsDouble(shot.seconds())).sum();
      total += seconds;
      row(table, stage.getKey(), seconds, shots.size());
    }
    total +=
        afterCut(
            table,
            "reconstruct",
            shots.stream()
                .map(shot -> shot.after().reconstruction())
                .filter(Objects::nonNull)
                .map(ReconstructionRecord::seconds)
                .toList());
    total +=
        afterCut(
            table,
            "correct",
            shots.stream()
                .map(shot -> shot.after().correction())
                .filter(Objects::nonNull)
                .map(CorrectionRecord::seconds)
                .toList());
    total +=
        afterCut(
            table,
            "recover",
            shots.stream()
                .map(shot -> shot.after().recovery())
                .filter(Objects::nonNull)
                .map(recovery -> recovery.training().seconds())
                .toList());
    return row(table, "total", total, shots.size());
  }

  /** A line for what not every run does, over the shots that did it. */
  private static double afterCut(TextTable table, String stage, List<Double> seconds) {
    double sum = seconds.stream().mapToDouble(Double::doubleValue).sum();
    if (!seconds.isEmpty()) {
      row(table, stage, sum, seconds.size());
    }
    return sum;
  }

  private static TextTable row(TextTable table, String stage, double seconds, int shots) {
    return table.row(stage, Format.number(seconds, 1), Format.number(seconds / shots, 2));
  }

  private static Map<String, ToDoubleFunction<StageSeconds>> stages() {
    Map<String, ToDoubleFunction<StageSeconds>> stages = new LinkedHashMap<>();
    stages.put("tokenise", StageSeconds::tokenise);
    stages.put("accumulate", StageSeconds::accumulate);
    stages.put("reduce", StageSeconds::reduce);
    stages.put("score", StageSeconds::score);
    stages.put("cut", StageSeconds::cut);
    stages.put("evaluate", StageSeconds::evaluate);
    return stages;
  }
}
