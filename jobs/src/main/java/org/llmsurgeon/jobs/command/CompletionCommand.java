package org.llmsurgeon.jobs.command;

import java.util.concurrent.Callable;
import org.llmsurgeon.jobs.option.OutputOptions;
import org.llmsurgeon.jobs.runtime.Failures;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code surgeon completion}: a script with which bash and zsh complete commands and options. */
@Command(
    name = "completion",
    customSynopsis = "surgeon completion",
    description = {
      "Prints a script with which bash and zsh complete commands and options.",
      "",
      "For bash: source <(jobs/surgeon completion). For zsh: the same after 'autoload -U +X"
          + " bashcompinit && bashcompinit'.",
      ""
    },
    footer = {"", "Example: surgeon completion > ~/.surgeon-completion"})
public final class CompletionCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    output.out().print(AutoComplete.bash("surgeon", spec.root().commandLine()));
    output.out().flush();
    return Failures.DONE;
  }
}
