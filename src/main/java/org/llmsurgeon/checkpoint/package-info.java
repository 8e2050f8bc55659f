/**
 * Files that hold models, tokens and factors: safetensors, Hugging Face model folders, tokenizers,
 * Arrow files. All of them are reached through a {@link org.llmsurgeon.checkpoint.storage.Storage},
 * so that the same code reads a laptop's disk and a cluster's file system.
 *
 * <p>What comes in is not trusted: every malformed file is an {@link org.llmsurgeon.InputException}
 * that names the file and what is wrong with it. What goes out is never wrong in silence: a value
 * that its number format cannot hold is an error.
 *
 * <p>This package knows tensors and devices. It must not know models, curvature or pruning, nor
 * Spark or Hadoop. Arrow and the tokenizer library appear nowhere else.
 */
package org.llmsurgeon.checkpoint;
