/**
 * Many runs, one table.
 *
 * <p>It must not know how a run does its work; nothing but the door knows of it.
 */
package org.llmsurgeon.pipeline.compare;
