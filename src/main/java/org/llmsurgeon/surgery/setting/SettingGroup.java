package org.llmsurgeon.surgery.setting;

/** Where an option stands among the others, the ones that everybody needs first. */
public enum SettingGroup {
  /** What everybody needs. */
  BASIC("Basic"),
  /** What may go. */
  SCOPE("What may go"),
  /** How a run gets to its goal. */
  STEPS("Steps"),
  /** Calibration data. */
  CALIBRATION("Calibration data"),
  /** The curvature of the loss. */
  CURVATURE("Curvature"),
  /** What makes up for what goes. */
  UPDATES("Updates and corrections"),
  /** How a run runs. */
  RUNNING("Running");

  private final String heading;

  SettingGroup(String heading) {
    this.heading = heading;
  }

  /** The heading over its options. */
  public String heading() {
    return heading;
  }
}
