/**
 * From a folder with zeros to a smaller one: what is gone, in which form the rest is written so
 * that other programs load it, and whether what was written computes the same. Knows models and
 * checkpoints, and nothing of how it was decided what goes, of Spark or of runs.
 */
package org.llmsurgeon.export;
