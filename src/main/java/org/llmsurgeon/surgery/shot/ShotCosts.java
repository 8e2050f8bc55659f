package org.llmsurgeon.surgery.shot;

import java.util.List;
import org.llmsurgeon.pruning.element.CostCut;
import org.llmsurgeon.pruning.element.CostHistogram;
import org.llmsurgeon.pruning.element.CostRange;
import org.llmsurgeon.pruning.path.PathOptions;
import org.llmsurgeon.surgery.choose.ChosenUnits;
import org.llmsurgeon.surgery.choose.GroupScore;
import org.llmsurgeon.surgery.choose.RoundScore;
import org.llmsurgeon.surgery.choose.UnitPlan;
import org.llmsurgeon.surgery.operate.LayerScore;

/** Scores layers and groups of a shot whose factors are there; only numbers come back. */
public interface ShotCosts {
  /** Costs of the rows and columns of all layers, in the model's order. */
  List<LayerScore> lines();

  /**
   * Follows elimination paths.
   *
   * @param groups positions in {@link UnitPlan#groups}
   * @param options how; an engine may follow them further than these bounds say
   * @return of each of these groups
   */
  List<GroupScore> paths(List<Integer> groups, PathOptions options);

  /**
   * A global round: costs of what earlier rounds have left.
   *
   * @param chosen of each group, what they have chosen
   * @return of each group
   */
  List<RoundScore> round(List<ChosenUnits> chosen);

  /**
   * Counts the costs of single weights or N:M groups.
   *
   * @param earlier of each layer, what went in the rounds before
   * @param ranges for each layer, which costs to count one by one; null where nothing is asked
   * @return a histogram for each layer; null where nothing was asked
   */
  List<CostHistogram> count(List<List<CostCut>> earlier, List<CostRange> ranges);
}
