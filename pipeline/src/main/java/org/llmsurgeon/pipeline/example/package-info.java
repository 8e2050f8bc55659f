/**
 * Examples with labels, drawn one by one and written as windows: images.
 *
 * <p>It must not know text, shots and reports.
 */
package org.llmsurgeon.pipeline.example;
