package org.llmsurgeon.surgery.catalog;

import java.util.Map;
import org.llmsurgeon.Choice;
import org.llmsurgeon.InputException;
import org.llmsurgeon.surgery.setting.Setting;

/** A named set of defaults; options that are given win over it. */
public enum Preset {
  /** Rows and columns of each matrix apart, as in the paper and its authors' program. */
  PAPER(
      Map.of(
          StructureSettings.STRUCTURES, "row,column",
          StructureSettings.SELECTION, "single",
          UpdateSettings.UPDATE, "additive",
          StepSettings.SHOTS, 40)),
  /** The default units, ordered by elimination paths: the lowest loss. */
  BEST(Map.of(StructureSettings.STRUCTURES, "units", StructureSettings.SELECTION, "paths")),
  /**
   * Only what every smaller model folder can express: neurons, heads and key/value groups. In each
   * attention the key/value heads that stay keep equally many query heads.
   */
  LOADABLE(
      Map.of(
          StructureSettings.STRUCTURES, "units",
          StructureSettings.UNITS, "neuron,head,group",
          StructureSettings.SELECTION, "paths")),
  /**
   * As loadable, with widths that matrix hardware likes: neurons left are a multiple of 64, and
   * other constraints of {@link org.llmsurgeon.pruning.structure.WidthRule} can be added.
   */
  HARDWARE(
      Map.of(
          StructureSettings.STRUCTURES, "units",
          StructureSettings.UNITS, "neuron,head,group",
          StructureSettings.SELECTION, "paths",
          StructureSettings.ROUND_TO, 64));

  private final Map<Setting<?>, Object> options;

  Preset(Map<Setting<?>, Object> options) {
    this.options = options;
  }

  /** What it sets. */
  public Map<Setting<?>, Object> options() {
    return options;
  }

  /** The name on the command line and in recipes. */
  public String optionName() {
    return Choice.name(this);
  }

  /**
   * The preset of this name.
   *
   * @param name for example {@code loadable}
   * @throws InputException if there is none, listing the choices
   */
  public static Preset parse(String name) {
    return Choice.parse("preset", name, values());
  }
}
