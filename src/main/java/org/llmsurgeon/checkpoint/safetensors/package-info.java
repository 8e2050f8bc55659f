/**
 * Safetensors files: headers, number formats, tensors read and written.
 *
 * <p>It must not know folders, texts and which networks there are.
 */
package org.llmsurgeon.checkpoint.safetensors;
