/**
 * What follows a cut: adapters trained and merged, least-squares refits, and the optimiser of both.
 *
 * <p>It must not know costs and choices of what goes.
 */
package org.llmsurgeon.surgery.correct;
