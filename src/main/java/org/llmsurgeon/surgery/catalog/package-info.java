/**
 * The options of a recipe, each described once. Command line, recipe files, refusals, reports and
 * the page of options come from here.
 *
 * <p>It must not know what the options lead to: no tensors, no rules on layers, no run.
 */
package org.llmsurgeon.surgery.catalog;
