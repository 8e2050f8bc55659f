/**
 * What the stages of a shot share.
 *
 * <p>It must not know any stage in particular.
 */
package org.llmsurgeon.pipeline.shot;
