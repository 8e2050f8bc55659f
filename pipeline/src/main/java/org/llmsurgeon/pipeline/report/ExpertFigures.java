package org.llmsurgeon.pipeline.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.llmsurgeon.pipeline.run.ExpertTokens;

/** How many tokens reached each expert in each shot, and whether they were too few. */
final class ExpertFigures {
  private final List<PruningReport.Expert> all = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();
  private int mostPoor;

  /**
   * Adds those of a shot; there is a warning where more experts than in those before got too few.
   *
   * @param shot from 1
   * @param tokens the count
   */
  void add(int shot, ExpertTokens tokens) {
    tokens
        .experts()
        .forEach(
            each ->
                all.add(
                    new PruningReport.Expert(shot, each.expert(), each.tokens(), each.inputs())));
    List<ExpertTokens.Expert> poor =
        tokens.experts().stream().filter(ExpertTokens.Expert::isPoor).toList();
    if (poor.size() > mostPoor) {
      mostPoor = poor.size();
      poor.stream()
          .min(Comparator.comparingLong(ExpertTokens.Expert::tokens))
          .map(fewest -> warning(shot, tokens.experts().size(), fewest))
          .ifPresent(warnings::add);
    }
  }

  private String warning(int shot, int experts, ExpertTokens.Expert fewest) {
    return String.format(
        Locale.ROOT,
        "In shot %d %,d of %,d experts got fewer calibration tokens than their layers have inputs,"
            + " the fewest %,d of %,d (%s): their curvature is known in part only; give more"
            + " windows, by --sequences or a longer --context where they are of text.",
        shot,
        mostPoor,
        experts,
        fewest.tokens(),
        fewest.inputs(),
        fewest.expert());
  }

  /** All shots' numbers. */
  List<PruningReport.Expert> all() {
    return all;
  }

  /** What a user is told of them. */
  List<String> warnings() {
    return warnings;
  }
}
