package org.llmsurgeon.jobs.command;

import java.util.concurrent.Callable;
import org.llmsurgeon.InputException;
import org.llmsurgeon.jobs.option.OutputOptions;
import org.llmsurgeon.jobs.option.RecipeSchema;
import org.llmsurgeon.jobs.option.ShippedRecipes;
import org.llmsurgeon.jobs.runtime.Failures;
import org.llmsurgeon.jobs.terminal.Format;
import org.llmsurgeon.jobs.terminal.Json;
import org.llmsurgeon.jobs.terminal.TextTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code surgeon recipes}: what the shipped recipes are for, or the text of one. */
@Command(
    name = "recipes",
    customSynopsis = "surgeon recipes [NAME | --schema]",
    description = {
      "Lists the recipes that come with the program and what each is for.",
      "",
      "With a name it prints that recipe, to begin a file of one's own with. --recipe takes the"
          + " names as well as files. --schema prints what a recipe file may hold as a JSON schema,"
          + " for editors and checkers.",
      ""
    },
    footer = {"", "Example: surgeon recipes quick > mine.yaml"})
public final class RecipesCommand implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", arity = "0..1", description = "A recipe to print.")
  private String name;

  @Option(names = "--schema", description = "Print the JSON schema of recipe files.")
  private boolean schema;

  @Spec private CommandSpec spec;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    if (name != null && schema) {
      throw new ParameterException(spec.commandLine(), "NAME and --schema exclude each other");
    }
    if (schema) {
      output.out().print(Json.text(RecipeSchema.schema()) + System.lineSeparator());
    } else if (name != null) {
      output
          .out()
          .print(
              ShippedRecipes.text(name)
                  .orElseThrow(
                      () ->
                          new InputException(
                              "There is no recipe '%s'; choose one of %s."
                                  .formatted(name, String.join(", ", ShippedRecipes.NAMES)))));
    } else {
      int terminal = Integer.getInteger(TextTable.COLUMNS, Integer.MAX_VALUE);
      int width = Math.min(spec.commandLine().getUsageHelpWidth(), terminal);
      for (String each : ShippedRecipes.NAMES) {
        String purpose = ShippedRecipes.purpose(ShippedRecipes.text(each).orElseThrow());
        output.out().print(each + "\n" + Format.wrapped(purpose, width, "    "));
      }
    }
    output.out().flush();
    return Failures.DONE;
  }
}
