/**
 * A model folder as one GGUF file, the format of llama.cpp: metadata, tokenizer and tensors. Knows
 * models and checkpoints, and nothing of how a model was pruned or exported.
 */
package org.llmsurgeon.export.gguf;
