package org.llmsurgeon.pipeline.cut;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.llmsurgeon.pipeline.cluster.GpuWork;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.run.LayerSelection;
import org.llmsurgeon.pipeline.run.Removal;
import org.llmsurgeon.pipeline.run.SelectionManifest;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.pruning.element.CostCut;
import org.llmsurgeon.pruning.element.CostHistogram;
import org.llmsurgeon.pruning.element.CostRange;
import org.llmsurgeon.pruning.structure.CostCounts;
import org.llmsurgeon.surgery.choose.ElementChoice;

/**
 * Chooses single weights or N:M groups: passes over the layers, a task each, that count costs ever
 * more finely around the threshold; only histograms come to the driver. Passes run where cuts do,
 * so that both see the same costs.
 */
final class ElementSelection {
  private final ShotContext shot;
  private final CostHistogram[] first;
  private double seconds;

  /**
   * The choice of a shot, whose factors are there.
   *
   * @param shot the shot
   */
  ElementSelection(ShotContext shot) {
    this.shot = shot;
    this.first = new CostHistogram[shot.config().linears().size()];
  }

  /**
   * Chooses.
   *
   * @param target share of the weights that may be gone
   */
  SelectionManifest upTo(double target) {
    double from = shot.shot() == 1 ? 0 : shot.selection(shot.shot() - 1).removal().target();
    ElementChoice.Result chosen =
        new ElementChoice(shot.config().linears(), shot.recipe()).upTo(from, target, this::count);
    List<LayerSelection> layers =
        IntStream.range(0, chosen.cuts().size())
            .mapToObj(i -> LayerSelection.of(i, chosen.cuts().get(i)))
            .toList();
    return new SelectionManifest(
        new Removal(target, chosen.threshold(), chosen.removed(), chosen.total()),
        SelectionManifest.Prediction.NONE,
        0,
        layers,
        seconds,
        List.of(),
        Map.of(shot.recipe().structures().optionName(), counts(chosen)));
  }

  /** How many cost how much, by the first pass of the last round. */
  private CostCounts counts(ElementChoice.Result chosen) {
    CostCounts.Counter counter = new CostCounts.Counter();
    for (int layer = 0; layer < first.length; layer++) {
      if (first[layer] != null) {
        List<CostCut> cuts = chosen.cuts().get(layer);
        first[layer].count(counter, cuts.get(cuts.size() - 1));
      }
    }
    return counter.counts();
  }

  private List<CostHistogram> count(List<List<CostCut>> earlier, List<CostRange> ranges) {
    List<CostHistogramTask.Item> items = new ArrayList<>();
    for (int layer : shot.largestFirst()) {
      if (ranges.get(layer) != null) {
        items.add(new CostHistogramTask.Item(layer, earlier.get(layer), ranges.get(layer)));
      }
    }
    Timed<List<CostHistogram>> counted =
        shot.session()
            .tasks()
            .onGpus(GpuWork.SOLVES)
            .run(shot.stage("score"), items, new CostHistogramTask(shot.work()));
    seconds += counted.seconds();
    CostHistogram[] sorted = new CostHistogram[ranges.size()];
    for (int i = 0; i < items.size(); i++) {
      sorted[items.get(i).layer()] = counted.value().get(i);
      if (items.get(i).range().equals(CostRange.ALL)) {
        first[items.get(i).layer()] = counted.value().get(i);
      }
    }
    return Arrays.asList(sorted);
  }
}
