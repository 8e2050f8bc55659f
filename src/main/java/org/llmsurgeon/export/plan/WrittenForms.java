package org.llmsurgeon.export.plan;

import org.llmsurgeon.InputException;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.fields.Written;

/** Which smaller forms are written for which models. */
public final class WrittenForms {
  private WrittenForms() {}

  /**
   * Throws where an architecture is not written in a form.
   *
   * @param asked the form
   * @param config the model
   * @param model its folder, for messages
   * @throws InputException naming another form
   */
  public static void require(Route asked, ModelConfig config, String model) {
    if (asked == Route.AUTO || asked == Route.ZEROS) {
      return;
    }
    String name = config.architecture();
    if (config.experts() != null && !has(asked, config)) {
      throw new InputException(
          "%s is of %s, whose experts have one width in a block; choose the form per-layer, uniform or zeros."
              .formatted(model, name));
    }
    if (!has(asked, config)) {
      throw new InputException(
          "%s is of %s, which has no form %s; choose the form per-layer."
              .formatted(model, name, asked.optionName()));
    }
  }

  /** Whether a form that leaves something out is written for a model. */
  static boolean has(Route route, ModelConfig config) {
    return switch (route) {
      case UNIFORM, PER_LAYER -> true;
      case NEMOTRON_NAS ->
          Architectures.written(config.architecture()).has(Written.Trait.LLAMA_BLOCKS);
      // Index tensors are of rows and columns as they are stored
      case INDEXED -> config.experts() == null && !config.names().layout().transposed();
      default -> config.experts() == null;
    };
  }
}
