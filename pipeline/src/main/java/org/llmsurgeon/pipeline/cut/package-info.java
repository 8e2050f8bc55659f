/**
 * Score and cut as stages: what the choice of a shot asks for, and the layers without what goes.
 *
 * <p>It must not know how the factors came to be.
 */
package org.llmsurgeon.pipeline.cut;
