package org.llmsurgeon.model.architecture;

import java.util.Set;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.fields.ConfigFields;
import org.llmsurgeon.model.fields.Written;

/**
 * A family of networks: how its {@code config.json} is read. Adding one is a class and a line in
 * {@link Architectures}.
 */
interface Architecture {
  /** Class name in the transformers library. */
  String name();

  /** {@code model_type} of the configuration. */
  String type();

  /** One line for the table of supported architectures: what people know it as. */
  String models();

  /** Fields that would be refused elsewhere, which {@link #read} understands or rightly ignores. */
  Set<String> knows();

  /** How a smaller form of it is written; what the customs of transformers do not tell. */
  default Written written() {
    return Written.of(name());
  }

  /**
   * Reads a configuration.
   *
   * @param fields its fields
   * @throws org.llmsurgeon.InputException naming a field that cannot be
   */
  ModelConfig read(ConfigFields fields);
}
