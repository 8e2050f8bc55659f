package org.llmsurgeon.model.architecture;

import java.util.Set;
import java.util.function.Function;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.fields.BlockFields;
import org.llmsurgeon.model.fields.ConfigFields;
import org.llmsurgeon.model.fields.Written;

/**
 * An architecture whose reader is a function.
 *
 * @param name class name in the transformers library
 * @param type {@code model_type}
 * @param models what people know it as
 * @param knows fields that would be refused elsewhere
 * @param written how a smaller form of it is written
 * @param reader describes the decoder
 */
record Family(
    String name,
    String type,
    String models,
    Set<String> knows,
    Written written,
    Function<ConfigFields, Decoder> reader)
    implements Architecture {
  /** An architecture that is written as transformers' customs are. */
  Family(
      String name,
      String type,
      String models,
      Set<String> knows,
      Function<ConfigFields, Decoder> reader) {
    this(name, type, models, knows, Written.of(name), reader);
  }

  /** The same with fields that have other names. */
  Family sized(BlockFields.Names sizes) {
    return new Family(name, type, models, knows, written.sized(sizes), reader);
  }

  /** The same with something of its own. */
  Family with(Written.Trait... own) {
    return new Family(name, type, models, knows, written.with(own), reader);
  }

  @Override
  public ModelConfig read(ConfigFields fields) {
    return reader.apply(fields).config();
  }
}
