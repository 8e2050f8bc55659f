/**
 * What an option of a recipe is: its name, type, range, default, help, what another value does to
 * the result, and what must hold for it to do anything; and the values that were given.
 *
 * <p>It must not know which options there are.
 */
package org.llmsurgeon.surgery.setting;
