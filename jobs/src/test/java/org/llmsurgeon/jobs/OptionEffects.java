package org.llmsurgeon.jobs;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What options that are no settings of a run do to the result, for the page of options. */
final class OptionEffects {
  private static final Map<String, String> ALL = new TreeMap<>();

  static {
    say("None: what is printed.", "quiet", "verbose", "help", "json", "schema");
    say("None: a file more.", "result", "gguf");
    say("Last bits: cards and processors round differently.", "gpu");
    say("None: the same bytes either way.", "reduce");
    say("That of the settings in it.", "recipe");
    say("None on the model: figures besides.", "reference", "choices");
    say("How the weights in that file are rounded.", "gguf-type");
    say("On which tokens the two models are compared.", "text");
    say("What the model goes on with.", "prompt");
    say("How long the text is at most.", "tokens");
    say("0: the same text always; larger: more varied text, the same for a seed.", "temperature");
    say("Smaller: unlikely tokens are left out.", "top-p");
    say("A line of the table for each.", "methods");
    List<String> plan =
        List.of(
            "test-windows",
            "executors",
            "cores",
            "memory",
            "gflops",
            "gflops-double",
            "disk",
            "card",
            "cards");
    say("None on a run: the times and sizes that are told.", plan.toArray(String[]::new));
    say("What is measured.", "device", "size", "products", "repeats");
  }

  private OptionEffects() {}

  private static void say(String effect, String... options) {
    for (String option : options) {
      ALL.put(option, effect);
    }
  }

  /**
   * The effect of an option.
   *
   * @param name without dashes
   */
  static String of(String name) {
    String effect = ALL.get(name);
    if (effect == null) {
      throw new AssertionError("no effect is told of --" + name);
    }
    return effect;
  }
}
