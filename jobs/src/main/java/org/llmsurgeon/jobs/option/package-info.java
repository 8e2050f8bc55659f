/**
 * What a person can write: options of the command line, recipe files, recipes that are shipped.
 *
 * <p>It must not know commands.
 */
package org.llmsurgeon.jobs.option;
