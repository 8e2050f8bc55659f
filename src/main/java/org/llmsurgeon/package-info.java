/**
 * LLM Surgeon: what every package of the library shares, the way a problem of the user's input is
 * told and where libraries of native code lie.
 *
 * <p>This package must not know anything of the others.
 */
package org.llmsurgeon;
