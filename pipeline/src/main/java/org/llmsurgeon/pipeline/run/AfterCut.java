package org.llmsurgeon.pipeline.run;

/**
 * What followed the cut of a shot; null each where nothing did.
 *
 * @param reconstruction how layers were refitted
 * @param correction what adapters were trained after that
 * @param recovery how all weights were trained after the last cut
 */
public record AfterCut(
    ReconstructionRecord reconstruction, CorrectionRecord correction, RecoveryRecord recovery) {
  /** Nothing. */
  public static final AfterCut NOTHING = new AfterCut(null, null, null);
}
