/**
 * Lets a model go on with a text.
 *
 * <p>It knows models and tokenizers. It must not know pruning.
 */
package org.llmsurgeon.generation;
