/**
 * Safetensors files and the Hugging Face folders that are made of them.
 *
 * <p>It must not know texts and tokens, and which networks there are.
 */
package org.llmsurgeon.checkpoint.safetensors;
