package org.llmsurgeon.pruning;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.llmsurgeon.InputException;

/** An enum constant by its name in lower case, as options and reports write it. */
final class Choice {
  private Choice() {}

  static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /**
   * The constant of this name.
   *
   * @param what what is chosen, for the message
   * @param name its name
   * @param choices all constants
   * @throws InputException listing the choices if none has that name
   */
  static <E extends Enum<E>> E parse(String what, String name, E[] choices) {
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
