/**
 * Stages from text to token windows.
 *
 * <p>It must not know models and shots.
 */
package org.llmsurgeon.pipeline.text;
