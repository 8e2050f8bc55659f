/**
 * What others may follow of a run while it works: metrics of Spark, and a run of MLflow.
 *
 * <p>It must not know commands and what they print.
 */
package org.llmsurgeon.jobs.watch;
