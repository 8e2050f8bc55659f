package org.llmsurgeon.jobs.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.report.ShotReport;
import org.llmsurgeon.pipeline.run.AfterCut;
import org.llmsurgeon.pipeline.run.CorrectionRecord;
import org.llmsurgeon.pipeline.run.ReconstructionRecord;
import org.llmsurgeon.pipeline.run.RecoveryRecord;
import org.llmsurgeon.pipeline.run.StageSeconds;
import org.llmsurgeon.surgery.choose.Shortfall;
import org.llmsurgeon.surgery.recipe.Recipe;

class ReportTablesTest {
  private static PruningReport report(Double dense, Double first, Double last) {
    return report(dense, first, last, "In shot 2 something is doubtful.");
  }

  private static PruningReport report(Double dense, Double first, Double last, String warning) {
    return made(
        new PruningReport.Quality(
            dense, last, List.of(new PruningReport.Score("accuracy", 0.9, 0.875))),
        List.of(
            shot(1, 2_500, first, new StageSeconds(1, 2, 3, 4, 5, 6)),
            shot(2, 4_999, last, new StageSeconds(0, 2, 1, 2, 3, 4))),
        List.of(warning));
  }

  private static PruningReport made(
      PruningReport.Quality quality, List<ShotReport> shots, List<String> warnings) {
    return new PruningReport(
        new PruningReport.Setup(
            null,
            null,
            Recipe.defaults(),
            new PruningReport.Target("weights", 0.5, 0.5),
            64,
            0,
            new PruningReport.Tokens(8, 64, 512),
            new PruningReport.Tokens(4, 64, 256)),
        quality,
        shots,
        List.of(),
        new PruningReport.Notes(0, warnings, List.of()),
        new PruningReport.Numerics(List.of(), List.of(), null, List.of(), List.of()),
        null,
        null);
  }

  private static ShotReport shot(int shot, long removed, Double perplexity, StageSeconds seconds) {
    return shot(shot, removed, perplexity, seconds, Map.of());
  }

  private static ShotReport shot(
      int shot,
      long removed,
      Double perplexity,
      StageSeconds seconds,
      Map<String, ShotReport.Constraint> constraints) {
    return new ShotReport(
        shot,
        new ShotReport.Removal(shot * 0.25, removed, 10_000, removed / 1e4, 1e-7),
        new ShotReport.Loss(0.1, 0.2, perplexity),
        new ShotReport.Choice(constraints, Map.of(), 0, Map.of()),
        seconds,
        AfterCut.NOTHING,
        null);
  }

  @Test
  void aCorrectionHasItsOwnLines() {
    PruningReport plain = report(9.31, 10.0, 12.3456);
    PruningReport corrected =
        made(
            plain.quality(),
            plain.shots().stream().map(ReportTablesTest::corrected).toList(),
            List.of());
    assertThat(ReportTables.text(corrected).lines())
        .contains(
            "  before the reconstruction             30.500",
            "  before the correction                 20.250",
            "  before the recovery                   18.500",
            "reconstruct       4.0       4.00",
            "correct           5.0       2.50",
            "recover           7.0       7.00",
            "total            49.0      24.50");
  }

  private static ShotReport corrected(ShotReport shot) {
    AfterCut after =
        new AfterCut(
            shot.shot() == 2 ? new ReconstructionRecord(5, 2, 3.5, 3.4, 30.5, 4) : null,
            new CorrectionRecord("distill", 7, 20.25, 1.5, 1.25, 2.5),
            shot.shot() == 2
                ? new RecoveryRecord(
                    "distill",
                    new RecoveryRecord.Training(4096, 8, 6, 7),
                    18.5,
                    new RecoveryRecord.Loss(0.5, 0.25, 0.6, 0.2))
                : null);
    return new ShotReport(
        shot.shot(), shot.removal(), shot.loss(), shot.choice(), shot.seconds(), after, null);
  }

  @Test
  void theTableIsTheDenseModelBesideTheLastShotAndTheTimeOfEachStage() {
    assertThat(ReportTables.text(report(9.31, 10.0, 12.3456)))
        .isEqualTo(
            """
                                        dense    pruned
            ------------------------   ------   -------
            perplexity                  9.310    12.346
            accuracy                   0.9000    0.8750
            weights of linear layers   10,000     5,001
            removed                         0     4,999
            sparsity                   0.00 %   49.99 %

            stage        seconds   per shot
            ----------   -------   --------
            tokenise         1.0       0.50
            accumulate       4.0       2.00
            reduce           4.0       2.00
            score            6.0       3.00
            cut              8.0       4.00
            evaluate        10.0       5.00
            total           33.0      16.50

            Warning: In shot 2 something is doubtful.
            """);
  }

  /** What the report says too, and what is told while it runs. */
  @Test
  void aRunThatEndsBelowItsTargetSaysSoInTheSummary() {
    ModelConfig config = TinyModels.llama();
    long total = config.linears().stream().mapToLong(LinearShape::weights).sum();
    Recipe recipe = Recipe.of(Map.of("structures", "2:4", "sparsity", 0.5, "skip-unfit", true));
    String warning = new Shortfall(config, recipe).warning(0.5, 0.5, total * 3 / 10).orElseThrow();
    assertThat(warning).contains("% of the weights are gone, not the 50.00 % that were asked for");
    assertThat(ReportTables.text(report(9.31, 10.0, 12.3, warning)))
        .endsWith("\nWarning: " + warning + "\n");
  }

  @Test
  void eachConstraintSaysWhatItCostOverAllShots() {
    PruningReport plain = report(9.31, 10.0, 12.3456);
    StageSeconds none = new StageSeconds(0, 0, 0, 0, 0, 0);
    List<ShotReport> shots =
        List.of(
            shot(1, 2_500, 10.0, none, Map.of("one-width", constraint(0.08, 0.02))),
            shot(2, 4_999, 12.0, none, Map.of("one-width", constraint(0.05, 0.05))));
    assertThat(ReportTables.text(made(plain.quality(), shots, List.of())))
        .contains(
            """

            constraint on widths   predicted loss   without it    costs
            --------------------   --------------   ----------   ------
            --one-width                    0.2000       0.1300   0.0700
            """);
  }

  /** Of 10,000 weights 700 were 0, of which 100 in rows and columns of zeros. */
  @Test
  void theDenseModelIsCountedAsThePrunedOneIs() {
    PruningReport plain = report(9.31, 10.0, 12.3456);
    PruningReport.Layer layer =
        new PruningReport.Layer(
            "q",
            new PruningReport.Layer.Lines(10, 1, 9, 10, 0, 10),
            new PruningReport.Layer.Weights(10_000, 4_999, 100, 700),
            new PruningReport.Layer.LayerDamping(0, 0));
    PruningReport report =
        new PruningReport(
            plain.setup(),
            plain.quality(),
            plain.shots(),
            List.of(layer),
            plain.notes(),
            plain.numerics(),
            null,
            null);
    assertThat(ReportTables.text(report))
        .contains(
            """
            weights of linear layers    9,900     5,001
            removed                       100     4,999
            sparsity                   1.00 %   49.99 %
            """);
  }

  private static ShotReport.Constraint constraint(double without, double added) {
    return new ShotReport.Constraint(without, added, 1);
  }

  @Test
  void withoutTestTextThereIsNoPerplexity() {
    assertThat(ReportTables.text(report(null, null, null)))
        .doesNotContain("perplexity")
        .contains("4,999");
  }
}
