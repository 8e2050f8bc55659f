package org.llmsurgeon.surgery.setting;

import java.util.function.Predicate;

/**
 * What must hold for an option to do anything: one that would do nothing is refused, never ignored.
 *
 * @param met whether it holds
 * @param refusal the end of a sentence that begins with the option, where it does not
 */
public record Need(Predicate<SettingValues> met, String refusal) {
  /**
   * That the option goes with something only.
   *
   * @param with what it goes with, for the refusal
   * @param met whether that is there
   */
  public static Need only(String with, Predicate<SettingValues> met) {
    return new Need(met, " goes with " + with + " only.");
  }
}
