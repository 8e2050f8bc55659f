/**
 * The demo: a small language model and the text that it was trained on, both made by this project
 * (by a tool among the tests), shipped as resources and pruned by {@code surgeon demo}.
 *
 * <p>This package must not know how a run works: it makes files and requests, and prints what comes
 * back.
 */
package org.llmsurgeon.jobs.demo;
