package org.llmsurgeon.jobs;

import java.io.PrintWriter;
import java.io.StringWriter;

/**
 * What a command printed and how it ended.
 *
 * @param code exit code
 * @param out standard output
 * @param err standard error
 */
public record CommandRun(int code, String out, String err) {
  /** Runs a command in this process. */
  public static CommandRun of(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Surgeon.run(new PrintWriter(out), new PrintWriter(err), arguments);
    return new CommandRun(code, out.toString(), err.toString());
  }
}
