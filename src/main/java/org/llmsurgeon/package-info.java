/**
 * LLM Surgeon: what every package of the library shares, which is only the way a problem of the
 * user's input is told.
 *
 * <p>This package must not know anything of the others.
 */
package org.llmsurgeon;
