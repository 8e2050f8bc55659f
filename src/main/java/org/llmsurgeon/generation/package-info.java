/** Lets a model go on with a text. Knows models and tokenizers, and nothing of pruning. */
package org.llmsurgeon.generation;
