/**
 * Bytes of files, wherever they lie, and strict reading of the text and JSON in them.
 *
 * <p>It must not know what the bytes mean: tensors, texts and tokens are above it.
 */
package org.llmsurgeon.checkpoint.storage;
