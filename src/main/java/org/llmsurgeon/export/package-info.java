/**
 * From a folder with zeros to a smaller one, in a form that other programs load: the plan carried
 * out, masks beside it, and how large it is. Its rooms plan and verify.
 *
 * <p>It knows models and checkpoints. It must not know how it was decided what goes, Spark or runs.
 */
package org.llmsurgeon.export;
