package org.llmsurgeon.surgery.recipe;

import org.llmsurgeon.pruning.layer.ElementUpdate;
import org.llmsurgeon.surgery.catalog.Compensation;
import org.llmsurgeon.surgery.catalog.ElementSettings;
import org.llmsurgeon.surgery.setting.SettingValues;

/**
 * How single weights and N:M groups are chosen and made up for; other structures have no use for
 * it.
 *
 * @param update how the rest makes up for the weights that go
 * @param keepBias whether biases are no candidates; they never are for N:M
 * @param independent whether a group's cost is the paper's sum over its weights, not their joint
 *     cost
 * @param skipUnfit whether layers whose width the groups do not divide stay dense
 */
public record ElementRule(
    ElementUpdate update, boolean keepBias, boolean independent, boolean skipUnfit) {
  /** The rule that options give. */
  static ElementRule of(SettingValues values) {
    return new ElementRule(
        values.get(ElementSettings.UPDATE) == Compensation.FULL
            ? ElementUpdate.Full.DEFAULT
            : new ElementUpdate.Grouped(
                values.get(ElementSettings.MOST_CORRELATED),
                values.get(ElementSettings.ADD_UPDATE)),
        values.get(ElementSettings.KEEP_BIAS),
        values.get(ElementSettings.INDEPENDENT),
        values.get(ElementSettings.SKIP_UNFIT));
  }
}
