package org.llmsurgeon.model.config;

/** What a linear layer does in its block. */
public enum LinearRole {
  /** Makes the attention's queries. */
  QUERY,
  /** Makes the attention's keys. */
  KEY,
  /** Makes the attention's values. */
  VALUE,
  /** Takes the attention's result back to the residual stream. */
  OUTPUT,
  /** Goes through the activation and multiplies {@link #UP} (gated feed-forward only). */
  GATE,
  /** Into the feed-forward: {@code up_proj} or {@code fc1}. */
  UP,
  /** Out of the feed-forward, back to the residual stream: {@code down_proj} or {@code fc2}. */
  DOWN
}
