/**
 * What happened, for people: pages and tables of results. Reads finished JSON, runs nothing.
 *
 * <p>It must not know how a run goes on, and folders that are published.
 */
package org.llmsurgeon.pipeline.report;
