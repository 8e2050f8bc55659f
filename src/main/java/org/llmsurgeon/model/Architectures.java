package org.llmsurgeon.model;

import java.util.LinkedHashMap;
import java.util.Map;
import org.llmsurgeon.InputException;

/** Which architecture a configuration means. */
final class Architectures {
  /** Supported model types and the class that each means. */
  private static final Map<String, String> SUPPORTED = supported();

  private Architectures() {}

  /**
   * The supported architecture that the configuration names.
   *
   * @param fields the configuration
   * @throws InputException where it names none, another, or two that contradict each other
   */
  static String of(ConfigFields fields) {
    String architecture = fields.firstText("architectures");
    String type = fields.text("model_type", null);
    if (architecture == null && type == null) {
      throw new InputException(
          fields.where()
              + ": neither \"architectures\" nor \"model_type\" says which network this is;"
              + " supported are "
              + list());
    }
    String byType = SUPPORTED.get(type);
    if (architecture == null) {
      architecture = byType;
    }
    if (architecture == null || !SUPPORTED.containsValue(architecture)) {
      throw new InputException(
          "%s: architecture \"%s\" is not supported; supported are %s"
              .formatted(fields.where(), architecture == null ? type : architecture, list()));
    }
    if (type != null && !architecture.equals(byType)) {
      throw new InputException(
          "%s: \"architectures\" says %s but \"model_type\" says \"%s\"; correct one of them"
              .formatted(fields.where(), architecture, type));
    }
    return architecture;
  }

  private static String list() {
    return String.join(" and ", SUPPORTED.values());
  }

  private static Map<String, String> supported() {
    Map<String, String> supported = new LinkedHashMap<>();
    supported.put("llama", LlamaConfig.ARCHITECTURE);
    supported.put("nemotron-nas", LlamaConfig.NEMOTRON);
    supported.put("opt", OptConfig.ARCHITECTURE);
    return supported;
  }
}
