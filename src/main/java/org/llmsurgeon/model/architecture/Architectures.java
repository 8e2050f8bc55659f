package org.llmsurgeon.model.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.fields.ConfigFields;
import org.llmsurgeon.model.fields.UnsupportedFields;
import org.llmsurgeon.model.fields.Written;

/**
 * All supported architectures, and the way from a {@code config.json} to a network as data. Fields
 * and defaults are those of the transformers library, as its versions 4 and 5 write them.
 */
public final class Architectures {
  private static final List<Architecture> ALL =
      Stream.of(
              LlamaFamily.ALL,
              LlamaVariants.ALL,
              QwenFamily.ALL,
              QwenExpertFamily.ALL,
              ExpertFamily.ALL,
              GemmaFamily.ALL,
              LegacyFamily.ALL,
              EncoderFamily.ALL,
              VisionFamily.ALL)
          .flatMap(List::stream)
          .toList();

  private static final Map<String, Architecture> BY_NAME =
      ALL.stream().collect(Collectors.toMap(Architecture::name, Function.identity()));

  private Architectures() {}

  /**
   * A line of the table of what is supported.
   *
   * @param architecture class name in the transformers library
   * @param type {@code model_type}
   * @param models what people know it as
   */
  public record Supported(String architecture, String type, String models) {}

  /**
   * Reads a configuration.
   *
   * @param config the content of {@code config.json}
   * @param where the file, for messages
   * @throws InputException for an architecture that is not supported, a field that would change the
   *     arithmetic in a way that is not supported, or a value that cannot be
   */
  public static ModelConfig parse(JsonNode config, String where) {
    ConfigFields fields = new ConfigFields(config, where);
    Architecture architecture = of(fields);
    UnsupportedFields.refuse(fields, architecture.knows());
    return architecture.read(fields);
  }

  /** How smaller forms of an architecture are written, which a class of transformers names. */
  public static Written written(String architecture) {
    return BY_NAME.get(architecture).written();
  }

  /** The table of what is supported. */
  public static List<Supported> supported() {
    return ALL.stream()
        .map(each -> new Supported(each.name(), each.type(), each.models()))
        .toList();
  }

  /**
   * The supported architecture that the configuration names.
   *
   * @param fields the configuration
   * @throws InputException where it names none, another, or two that contradict each other
   */
  private static Architecture of(ConfigFields fields) {
    String name = fields.firstText("architectures");
    String type = fields.text("model_type", null);
    if (name == null && type == null) {
      throw new InputException(
          fields.where()
              + ": neither \"architectures\" nor \"model_type\" says which network this is;"
              + " supported are "
              + list());
    }
    Architecture byType =
        ALL.stream().filter(each -> each.type().equals(type)).findFirst().orElse(null);
    Architecture chosen = name == null ? byType : BY_NAME.get(name);
    if (chosen == null) {
      throw new InputException(
          "%s: architecture \"%s\" is not supported%s; supported are %s"
              .formatted(
                  fields.where(),
                  name == null ? type : name,
                  new NearestArchitecture(ALL, fields).to(type),
                  list()));
    }
    if (type != null && !type.equals(chosen.type())) {
      throw new InputException(
          "%s: \"architectures\" says %s but \"model_type\" says \"%s\"; correct one of them"
              .formatted(fields.where(), name, type));
    }
    return chosen;
  }

  private static String list() {
    return NearestArchitecture.names(ALL);
  }
}
