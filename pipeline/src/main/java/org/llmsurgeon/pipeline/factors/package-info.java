/**
 * Accumulate and reduce: shards of sums, and the factors made of them.
 *
 * <p>It must not know pruning: what the factors are for.
 */
package org.llmsurgeon.pipeline.factors;
