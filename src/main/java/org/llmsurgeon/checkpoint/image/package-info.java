/**
 * Images as networks read them: files decoded, resized and cut as {@code preprocessor_config.json}
 * says.
 *
 * <p>It must not know networks, labels and windows.
 */
package org.llmsurgeon.checkpoint.image;
