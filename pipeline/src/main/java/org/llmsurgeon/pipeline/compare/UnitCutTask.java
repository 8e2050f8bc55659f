package org.llmsurgeon.pipeline.compare;

import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.cut.CutTask;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.shot.LayerWork;
import org.llmsurgeon.pruning.baseline.UnitBaseline;
import org.llmsurgeon.surgery.operate.CutLayer;
import org.llmsurgeon.surgery.operate.LayerTask;
import org.llmsurgeon.surgery.operate.MeanCompensation;
import org.llmsurgeon.surgery.shot.LayerSelection;

/**
 * Removes what a published score has chosen of a layer, makes up for it as was published, and
 * writes the new weight.
 *
 * @param work what it needs
 * @param baseline which score
 */
record UnitCutTask(LayerWork work, UnitBaseline baseline)
    implements TaskFunction<LayerSelection, LayerFile> {
  @Override
  public LayerFile apply(LayerSelection selection, String attempt) {
    try (CutLayer cut = work.open(opened -> cut(opened, selection))) {
      return new CutTask(work).write(cut, attempt);
    }
  }

  private CutLayer cut(LayerWork.Opened opened, LayerSelection selection) {
    LinearShape shape = opened.weights().config().linears().get(selection.layer());
    CutLayer cut =
        new LayerTask(
                ExecutorDevice.shared(), shape, opened.weights(), opened.factors(), opened.recipe())
            .cut(selection.lines());
    if (baseline.compensates() && Variant.isLast(shape) && selection.lines().columns().length > 0) {
      MeanCompensation.add(
          ExecutorDevice.shared(),
          shape,
          opened.weights(),
          work.ofBaseline(baseline.needs()),
          selection.lines().columns(),
          cut.weight());
    }
    return cut;
  }
}
