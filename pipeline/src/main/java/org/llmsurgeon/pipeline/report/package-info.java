/** What happened, for people: pages and tables of results. Reads finished JSON, runs nothing. */
package org.llmsurgeon.pipeline.report;
