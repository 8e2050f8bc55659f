package org.llmsurgeon.model.architecture;

import java.util.Set;
import java.util.function.Function;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.fields.ConfigFields;

/**
 * An architecture whose reader is a function.
 *
 * @param name class name in the transformers library
 * @param type {@code model_type}
 * @param models what people know it as
 * @param knows fields that would be refused elsewhere
 * @param reader describes the decoder
 */
record Family(
    String name,
    String type,
    String models,
    Set<String> knows,
    Function<ConfigFields, Decoder> reader)
    implements Architecture {
  @Override
  public ModelConfig read(ConfigFields fields) {
    return reader.apply(fields).config();
  }
}
