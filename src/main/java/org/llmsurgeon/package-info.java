/**
 * LLM Surgeon: what every package of the library shares, the way a problem of the user's input is
 * told and where libraries of native code lie.
 *
 * <p>Comments cite the page {@code src/site/markdown/method.md}, which has all formulas, as
 * <i>method, section N</i>.
 *
 * <p>This package must not know anything of the others.
 */
package org.llmsurgeon;
