package org.llmsurgeon;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** An enum constant by its name as options, recipes and reports write it: {@code query-key}. */
public final class Choice {
  private Choice() {}

  /**
   * Its name in lower case, with hyphens.
   *
   * @param constant any constant
   */
  public static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The constant of this name.
   *
   * @param what what is chosen, for the message
   * @param name as {@link #name}
   * @param choices all constants
   * @throws InputException listing the choices if none has that name
   */
  public static <E extends Enum<E>> E parse(String what, String name, E[] choices) {
    for (E choice : choices) {
      if (name(choice).equals(name)) {
        return choice;
      }
    }
    String names = Arrays.stream(choices).map(Choice::name).collect(Collectors.joining(", "));
    throw new InputException(
        "There is no " + what + " '" + name + "'; choose one of " + names + ".");
  }
}
