package org.llmsurgeon.pipeline.text;

import java.io.IOException;
import java.util.List;
import org.llmsurgeon.checkpoint.token.SplitTokenizer;
import org.llmsurgeon.checkpoint.token.SplitTokens;
import org.llmsurgeon.checkpoint.token.TextSplit;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.run.RunDirectory;

/**
 * Encodes a split of a text and writes its tokens. Memory: the tokenizer, and text between two
 * places where it may be cut.
 *
 * @param model folder of the tokenizer
 * @param vocabulary tokens that the model has
 * @param run run directory
 * @param splits all of the text
 * @param byDocument see {@link SplitTokenizer}
 * @param bare likewise
 * @param settings how to reach the files
 */
record TokeniseTask(
    String model,
    int vocabulary,
    String run,
    List<TextSplit> splits,
    boolean byDocument,
    boolean bare,
    HadoopSettings settings)
    implements TaskFunction<Integer, TokenFile> {
  TokeniseTask {
    splits = List.copyOf(splits);
  }

  @Override
  public TokenFile apply(Integer split, String attempt) throws IOException {
    HadoopStorage storage = settings.storage();
    RunDirectory directory = new RunDirectory(storage, run);
    String path = Windows.FOLDER + "tokens-" + split + "-" + attempt + ".i32";
    SplitTokens tokens;
    try (TextTokenizer tokenizer = TextTokenizer.open(storage, model);
        TokenWriter out = new TokenWriter(directory.create(path), vocabulary)) {
      tokens =
          new SplitTokenizer(tokenizer, new StoredTexts(storage), splits, byDocument, bare)
              .encode(split, out);
    }
    return new TokenFile(path, tokens);
  }
}
