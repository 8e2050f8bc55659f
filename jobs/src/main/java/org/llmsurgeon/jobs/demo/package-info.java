/**
 * The demo: a small language model and the text that it was trained on, both made by this project,
 * shipped as resources and pruned by {@code surgeon demo}; and {@code surgeon train-demo}, which
 * makes them.
 *
 * <p>This package must not know how a run or a training step works: it makes text, files and
 * requests, and prints what comes back.
 */
package org.llmsurgeon.jobs.demo;
