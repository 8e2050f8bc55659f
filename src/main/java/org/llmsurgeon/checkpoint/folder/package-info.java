/**
 * Model folders as the Hugging Face libraries lay them out: shards and their index, files beside
 * them, and copies of a folder with some tensors changed.
 *
 * <p>It must not know texts and tokens, and which networks there are.
 */
package org.llmsurgeon.checkpoint.folder;
