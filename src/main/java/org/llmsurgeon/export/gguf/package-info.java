/**
 * A model folder as one GGUF file, the format of llama.cpp: metadata, tokenizer and tensors.
 *
 * <p>It knows models and checkpoints. It must not know how a model was pruned or exported.
 */
package org.llmsurgeon.export.gguf;
