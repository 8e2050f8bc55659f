package org.llmsurgeon.model.architecture;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.fields.ConfigFields;
import org.llmsurgeon.model.fields.UnsupportedFields;

/**
 * The supported architecture that an unknown one is most like.
 *
 * @param supported those there are
 * @param fields the unknown one's configuration
 */
record NearestArchitecture(List<Architecture> supported, ConfigFields fields) {
  /** With as many fields in common or more two are worth comparing. */
  private static final int ALIKE = 4;

  /**
   * What it is most like, and what differs: of its own type, else by its fields.
   *
   * @param type its {@code model_type}, or null
   * @return what stands behind its name in a sentence
   */
  String to(String type) {
    List<Architecture> kin = supported.stream().filter(each -> each.type().equals(type)).toList();
    if (!kin.isEmpty()) {
      return "; of \"%s\" these are: %s%s".formatted(type, names(kin), differing(kin.get(0)));
    }
    Set<String> own = fields.nameSet();
    return supported.stream()
        .max(Comparator.comparingInt(each -> common(own, each).size()))
        .filter(each -> !common(own, each).isEmpty())
        .map(
            each ->
                " (nearest is %s%s%s)"
                    .formatted(each.name(), differing(each), few(common(own, each))))
        .orElse(" (its fields are those of no other)");
  }

  /** The fields that two have in common, where these are so few that it says little. */
  private static String few(Set<String> common) {
    return common.size() >= ALIKE ? "" : ", and shares only " + String.join(", ", common);
  }

  private String differing(Architecture other) {
    Set<String> differs = new TreeSet<>(UnsupportedFields.set(fields, other.knows()));
    return differs.isEmpty() ? "" : ", which has no " + String.join(", ", differs);
  }

  private static Set<String> common(Set<String> own, Architecture each) {
    return Stream.concat(each.knows().stream(), asked(each).stream())
        .filter(own::contains)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Names of the fields that an architecture asks for. */
  private static Set<String> asked(Architecture architecture) {
    ConfigFields nothing = new ConfigFields(JsonNodeFactory.instance.objectNode(), "nothing");
    try {
      architecture.read(nothing);
    } catch (InputException needsMore) {
      // What it asked for until then is what counts.
    }
    return nothing.asked();
  }

  /** Their names in a sentence. */
  static String names(List<Architecture> some) {
    return some.stream().map(Architecture::name).collect(Collectors.joining(", "));
  }
}
