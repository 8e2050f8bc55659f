package org.llmsurgeon.model.config;

/** Where a network may have a norm. */
public enum NormPlace {
  /** On the embeddings of tokens, positions and types together. */
  EMBEDDING,
  /** On what the attention reads. */
  BEFORE_ATTENTION,
  /** On the queries. */
  QUERY,
  /** On the keys. */
  KEY,
  /** On what the attention adds to the residual stream. */
  AFTER_ATTENTION,
  /** On the residual stream, after the attention was added. */
  AFTER_ATTENTION_SUM,
  /** On what the feed-forward reads. */
  BEFORE_FEED_FORWARD,
  /** On what the feed-forward adds to the residual stream. */
  AFTER_FEED_FORWARD,
  /** On the residual stream, after the feed-forward was added. */
  AFTER_FEED_FORWARD_SUM,
  /** On the residual stream after the last block. */
  LAST,
  /** On what the layer before the head wrote. */
  HEAD
}
