/**
 * One batch's way through a network: its tokens and targets, its memory, who looks on and where
 * gradients go.
 *
 * <p>It must not know which layers there are.
 */
package org.llmsurgeon.model.pass;
