/**
 * The life of one shot, in one process or on many machines: what is done, in which order, and what
 * goes of which layer.
 *
 * <p>It must not know who does the steps, where they keep what they make, and how long they take.
 */
package org.llmsurgeon.surgery.shot;
