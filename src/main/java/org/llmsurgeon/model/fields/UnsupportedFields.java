package org.llmsurgeon.model.fields;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.llmsurgeon.InputException;

/**
 * Fields that change what a network computes in ways that are not supported. Reading past one of
 * them would give wrong results silently, so they are refused by name unless they are absent, null
 * or set to the value that changes nothing. All other unknown fields are harmless and ignored.
 */
public final class UnsupportedFields {
  private static final String BOTH_WAYS = "attention in both directions";

  private static final List<Field> FIELDS =
      List.of(
          new Field("quantization_config", UnsupportedFields::never, "quantized weights"),
          new Field("compression_config", UnsupportedFields::never, "compressed weights"),
          new Field("is_encoder_decoder", UnsupportedFields::isFalse, "an encoder"),
          new Field("add_cross_attention", UnsupportedFields::isFalse, "cross-attention"),
          new Field("use_bidirectional_attention", UnsupportedFields::isFalse, BOTH_WAYS),
          new Field("is_causal", UnsupportedFields::isTrue, BOTH_WAYS),
          new Field("sliding_window", UnsupportedFields::never, "attention in a sliding window"),
          new Field("attention_chunk_size", UnsupportedFields::never, "attention in chunks"),
          new Field("layer_types", UnsupportedFields::allFullAttention, "blocks of several kinds"),
          new Field("no_rope_layers", UnsupportedFields::isEmpty, "blocks without rotation"),
          new Field("partial_rotary_factor", UnsupportedFields::isOne, "heads rotated in part"),
          new Field("rotary_pct", UnsupportedFields::isOne, "heads rotated in part"),
          new Field("rope_interleaved", UnsupportedFields::isFalse, "pairs of neighbours rotated"),
          new Field("alibi", UnsupportedFields::isFalse, "attention with linear biases"),
          new Field("attn_logit_softcapping", UnsupportedFields::never, "capped attention scores"),
          new Field("final_logit_softcapping", UnsupportedFields::never, "capped logits"),
          new Field("query_pre_attn_scalar", UnsupportedFields::never, "another attention scale"),
          new Field("attention_multiplier", UnsupportedFields::never, "another attention scale"),
          new Field("embedding_multiplier", UnsupportedFields::isOne, "scaled embeddings"),
          new Field("scale_embeddings", UnsupportedFields::isFalse, "scaled embeddings"),
          new Field("residual_multiplier", UnsupportedFields::isOne, "a scaled residual stream"),
          new Field("logits_scaling", UnsupportedFields::isOne, "scaled logits"),
          new Field("logit_scale", UnsupportedFields::isOne, "scaled logits"),
          new Field("use_qk_norm", UnsupportedFields::isFalse, "normalised queries and keys"),
          new Field("qk_layernorm", UnsupportedFields::isFalse, "normalised queries and keys"),
          new Field("clip_qkv", UnsupportedFields::never, "clipped queries, keys and values"),
          new Field("use_parallel_residual", UnsupportedFields::isFalse, "parallel sublayers"),
          new Field("parallel_attn", UnsupportedFields::isFalse, "parallel sublayers"),
          new Field("num_local_experts", UnsupportedFields::isZero, "a mixture of experts"),
          new Field("num_experts", UnsupportedFields::isZero, "a mixture of experts"),
          new Field("n_routed_experts", UnsupportedFields::isZero, "a mixture of experts"),
          new Field("block_configs", UnsupportedFields::isEmpty, "blocks of different sizes"),
          new Field("pruned_heads", UnsupportedFields::isEmpty, "heads removed at loading"));

  private UnsupportedFields() {}

  /**
   * Refuses a configuration that sets any of these fields.
   *
   * @param fields the configuration
   * @param known fields that its architecture understands
   * @throws InputException naming the first such field
   */
  public static void refuse(ConfigFields fields, Set<String> known) {
    for (Field field : FIELDS) {
      if (!known.contains(field.name()) && field.isSet(fields)) {
        throw new InputException(
            "%s: field \"%s\" (%s) is not supported; use a model without it"
                .formatted(fields.where(), field.name(), field.meaning()));
      }
    }
    ConfigFields rope = RotaryFields.object(fields);
    String part = "partial_rotary_factor";
    if (!known.contains(part) && rope.has(part) && !isOne(rope.raw(part))) {
      throw rope.wrong(part, "1 (heads of this architecture are rotated whole)");
    }
  }

  /** Which of these fields a configuration sets, those known left out. */
  public static Set<String> set(ConfigFields fields, Set<String> known) {
    return FIELDS.stream()
        .filter(field -> !known.contains(field.name()) && field.isSet(fields))
        .map(Field::name)
        .collect(Collectors.toSet());
  }

  private static boolean never(JsonNode value) {
    return false;
  }

  private static boolean isFalse(JsonNode value) {
    return value.isBoolean() && !value.booleanValue();
  }

  private static boolean isTrue(JsonNode value) {
    return value.isBoolean() && value.booleanValue();
  }

  private static boolean isZero(JsonNode value) {
    return value.isNumber() && value.doubleValue() == 0;
  }

  static boolean isOne(JsonNode value) {
    return value.isNumber() && value.doubleValue() == 1;
  }

  private static boolean isEmpty(JsonNode value) {
    return value.isContainerNode() && value.isEmpty();
  }

  private static boolean allFullAttention(JsonNode value) {
    return value.isArray()
        && StreamSupport.stream(value.spliterator(), false)
            .allMatch(each -> each.asText().equals("full_attention"));
  }

  /**
   * One such field.
   *
   * @param name its name
   * @param harmless which values change nothing
   * @param meaning what the others mean, for the message
   */
  private record Field(String name, Predicate<JsonNode> harmless, String meaning) {
    boolean isSet(ConfigFields fields) {
      JsonNode value = fields.raw(name);
      return !value.isMissingNode() && !harmless.test(value);
    }
  }
}
