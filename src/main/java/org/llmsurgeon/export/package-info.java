/**
 * From a folder with zeros to a smaller one, in a form that other programs load: the plan carried
 * out, masks beside it, and how large it is. Its rooms plan and verify. Knows models and
 * checkpoints, and nothing of how it was decided what goes, of Spark or of runs.
 */
package org.llmsurgeon.export;
