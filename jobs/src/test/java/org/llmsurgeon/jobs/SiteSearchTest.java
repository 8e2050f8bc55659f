package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.pipeline.report.Browser;

/** The search of the site in a real browser, from files, without a server. */
class SiteSearchTest {
  private static final String FUSE = "META-INF/resources/webjars/fuse.js/7.1.0/dist/fuse.min.js";

  private static Path site(Path folder) throws Exception {
    try (InputStream fuse = SiteSearchTest.class.getClassLoader().getResourceAsStream(FUSE)) {
      Files.write(folder.resolve("fuse.min.js"), fuse.readAllBytes());
    }
    String options =
        "# Options\n## prune\n| option | what it decides |\n|---|---|\n"
            + "| `--sequences N` | Windows drawn from calibration text. |\n";
    Files.writeString(folder.resolve("search-index.js"), PagesTest.index(options));
    Files.copy(Checkout.file("src/site/resources/js/search.js"), folder.resolve("search.js"));
    return Files.writeString(
        folder.resolve("page.html"),
        "<!doctype html><meta charset=utf-8><title>site</title><div id=bodyColumn><p>text</div>"
            + "<script src=fuse.min.js></script><script src=search-index.js></script>"
            + "<script src=search.js></script>");
  }

  /** What is listed for some words: addresses and titles. */
  private static List<String> found(Browser browser, String words) {
    String asked =
        "(() => { const i = document.querySelector('input[type=search]'); i.value = '"
            + words
            + "'; i.dispatchEvent(new Event('input')); return [...document.querySelectorAll("
            + "'.site-search a')].map(a => a.getAttribute('href') + ' ' + a.textContent)"
            + ".join('|'); })()";
    return List.of(browser.evaluate(asked).asText().split("\\|"));
  }

  @Test
  void wordsLeadToTheirParts(@TempDir Path folder) throws Exception {
    assumeTrue(Browser.program().isPresent(), "no Chromium on the path; set SURGEON_BROWSER");
    Path page = site(folder);
    try (Browser browser =
        Browser.start(Browser.program().get(), Files.createDirectory(folder.resolve("profile")))) {
      browser.open(page.toUri(), 1280, "light");
      assertThat(browser.problems()).isEmpty();
      assertThat(browser.requests())
          .allMatch(each -> each.startsWith("file:") || each.startsWith("data:"));
      assertThat(found(browser, "airflow").get(0)).isEqualTo("how-to.html#Airflow Airflow");
      assertThat(found(browser, "sequences"))
          .anyMatch(each -> each.equals("options.html#prune --sequences N"));
      assertThat(found(browser, "perplexty")).as("a typing error").isNotEmpty();
      assertThat(found(browser, "zzqqxx")).containsExactly("");
      assertThat(browser.evaluate("document.querySelector('.site-search ol').textContent").asText())
          .isEqualTo("Nothing found.");
    }
  }
}
