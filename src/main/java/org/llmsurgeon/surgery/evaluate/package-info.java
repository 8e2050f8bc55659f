/**
 * Measures of a model: perplexity, and questions with several answers.
 *
 * <p>It must not know pruning.
 */
package org.llmsurgeon.surgery.evaluate;
