package org.llmsurgeon.surgery.catalog;

import java.util.Map;
import java.util.TreeMap;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.pruning.structure.WidthRule;
import org.llmsurgeon.surgery.setting.Setting;
import org.llmsurgeon.surgery.setting.SettingType;

/**
 * Multiples of what is left, as text: a number of neurons, or kinds with numbers as {@code
 * neuron=64,head=2,group=1}.
 */
final class WidthMultiples {
  /** A rule with multiples alone. */
  static final SettingType<WidthRule> TYPE =
      SettingType.parsed("N|KIND=N,...", WidthMultiples::read, WidthMultiples::shown);

  private WidthMultiples() {}

  private static WidthRule read(Setting<?> option, String text) {
    Map<UnitKind, Integer> multiples = new TreeMap<>();
    if (text.contains("=")) {
      for (String each : text.split(",")) {
        String[] parts = each.trim().split("=", 2);
        UnitKind kind = parts.length == 2 ? kind(parts[0].trim()) : null;
        if (kind == null || multiples.put(kind, number(option, text, parts[1])) != null) {
          throw wrong(option, text);
        }
      }
    } else {
      multiples.put(UnitKind.NEURON, number(option, text, text));
    }
    if (multiples.values().stream().anyMatch(each -> each < 1)) {
      throw new InputException(
          option.spelled(text) + " has a number below 1; give at least 1, as 64.");
    }
    return new WidthRule(
        multiples.getOrDefault(UnitKind.NEURON, 1),
        multiples.getOrDefault(UnitKind.HEAD, 1),
        multiples.getOrDefault(UnitKind.GROUP, 1),
        1,
        false);
  }

  /** A number where only neurons have one. */
  private static Object shown(WidthRule rule) {
    return rule.heads() == 1 && rule.groups() == 1
        ? (Object) rule.neurons()
        : "neuron=" + rule.neurons() + ",head=" + rule.heads() + ",group=" + rule.groups();
  }

  private static UnitKind kind(String name) {
    return switch (name) {
      case "neuron" -> UnitKind.NEURON;
      case "head" -> UnitKind.HEAD;
      case "group" -> UnitKind.GROUP;
      default -> null;
    };
  }

  private static int number(Setting<?> option, String text, String number) {
    try {
      return Integer.parseInt(number.trim());
    } catch (NumberFormatException e) {
      throw wrong(option, text);
    }
  }

  private static InputException wrong(Setting<?> option, String text) {
    return new InputException(
        option.spelled()
            + " is '"
            + text
            + "'; give a number of neurons, as 64, or one for each kind, as"
            + " neuron=64,head=2,group=1.");
  }
}
