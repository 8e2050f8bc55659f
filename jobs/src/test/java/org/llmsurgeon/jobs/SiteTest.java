package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.pipeline.report.Browser;

/**
 * The site as {@code mvn verify} has built it just before, opened as files in a real browser. Its
 * pictures are in {@code target/site-pictures}.
 */
@Tag("packaged")
class SiteTest {
  private static final Path SITE = Checkout.file("jobs/target/site");
  private static final String MENU = "#leftColumn nav a[href]";

  /** Strings of the page, from an expression that is a list of them. */
  private static final String LINES = "(%s).join('\\n')";

  /** What reaches beyond the window, unless it is in something that scrolls inside itself. */
  private static final String TOO_WIDE =
      """
      [...document.body.querySelectorAll('*')].filter(element => {
        if (element.getBoundingClientRect().right <= innerWidth + 1) return false;
        for (let around = element.parentElement; around; around = around.parentElement) {
          if (['auto', 'scroll'].includes(getComputedStyle(around).overflowX)) return false;
        }
        return true;
      }).map(element => element.outerHTML.slice(0, 80))\
      """;

  private static final String HOLLOW =
      "[...document.images].filter(each => !each.naturalWidth).map(each => each.src)";

  private static Browser browser;

  @BeforeAll
  static void start(@TempDir Path profile) throws Exception {
    if (Browser.program().isPresent()) {
      browser = Browser.start(Browser.program().get(), profile);
    }
  }

  @AfterAll
  static void stop() throws Exception {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void needs() {
    assumeTrue(browser != null, "no Chromium on the path; set SURGEON_BROWSER");
    assumeTrue(
        Files.exists(SITE.resolve("options.html")),
        "no pages in jobs/target/site; mvn verify makes them");
  }

  /** The names of all pages: those written by hand, and the options. */
  private static Set<String> pages() throws Exception {
    Set<String> names = new TreeSet<>(Set.of("options"));
    try (Stream<Path> files = Files.list(Checkout.file("src/site/markdown"))) {
      files.forEach(each -> names.add(each.getFileName().toString().replace(".md", "")));
    }
    return names;
  }

  private static URI address(String page) {
    return SITE.resolve(page + ".html").toUri();
  }

  private static List<String> lines(String expression) {
    String all = browser.evaluate(LINES.formatted(expression)).asText();
    return all.isEmpty() ? List.of() : List.of(all.split("\n"));
  }

  private static String location() {
    return browser.evaluate("decodeURI(location.href)").asText();
  }

  /** Nothing on the page that is shown is amiss: no message, nothing from elsewhere, no hole. */
  private static void assertSound(String where) {
    assertThat(browser.problems()).as(where).isEmpty();
    assertThat(browser.requests())
        .as(where)
        .isNotEmpty()
        .allMatch(each -> each.startsWith(SITE.toUri().toString()) || each.startsWith("data:"));
    assertThat(lines(HOLLOW)).as(where + ": images").isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1280, 400})
  void everyPageFitsTheWindowAndAsksNothingOfTheNetwork(int width) throws Exception {
    Path pictures = Files.createDirectories(SITE.resolveSibling("site-pictures"));
    for (String page : pages()) {
      String where = page + " at " + width;
      browser.open(address(page), width, "light");
      Files.write(pictures.resolve(page + "-" + width + ".png"), browser.picture());
      assertSound(where);
      assertThat(lines("[...document.querySelectorAll('h1')].map(h => h.textContent.trim())"))
          .as(where)
          .hasSize(1);
      assertThat(browser.evaluate("document.documentElement.scrollWidth").asInt())
          .as(where)
          .isLessThanOrEqualTo(width);
      assertThat(lines(TOO_WIDE)).as(where).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1280, 400})
  void theMenuLeadsToEveryPage(int width) throws Exception {
    browser.open(address("index"), width, "light");
    List<String> there =
        new ArrayList<>(lines("[...document.querySelectorAll('" + MENU + "')].map(a => a.href)"));
    assertThat(there)
        .as("all but the page itself")
        .containsExactlyInAnyOrderElementsOf(
            pages().stream()
                .filter(page -> !page.equals("index"))
                .map(page -> address(page).toString())
                .toList());
    for (String page : pages()) {
      String link = "#leftColumn nav a[href$='" + page + ".html']";
      browser.follow(() -> browser.click(link));
      assertThat(location()).isEqualTo(address(page).toString());
      assertSound("the menu at " + width + " to " + page);
    }
  }

  private static void search(String words) {
    browser.evaluate("document.querySelector('.site-search input').value = ''");
    browser.click(".site-search input");
    browser.type(words);
  }

  /** What is listed for some words: addresses and titles. */
  private static List<String> found(String words) {
    search(words);
    return lines(
        "[...document.querySelectorAll('.site-search a')].map(a => a.getAttribute('href') + ' ' +"
            + " a.textContent)");
  }

  @Test
  void wordsLeadToTheirParts() throws Exception {
    browser.open(address("index"), 1280, "light");
    assertThat(found("airflow").get(0)).isEqualTo("how-to.html#Airflow Airflow");
    assertThat(found("sequences")).contains("options.html#prune-sequences --sequences N");
    assertThat(found("perplexty")).as("a typing error").isNotEmpty();
    assertThat(found("zzqqxx")).isEmpty();
    assertThat(browser.evaluate("document.querySelector('.site-search ol').textContent").asText())
        .isEqualTo("Nothing found.");
  }

  @ParameterizedTest
  @ValueSource(ints = {1280, 400})
  void anOptionIsFoundAndShown(int width) throws Exception {
    browser.open(address("index"), width, "light");
    assertThat(found("--damp-g").get(0)).endsWith(" --damp-g X");
    String first = browser.evaluate("document.querySelector('.site-search a').href").asText();
    assertThat(first).startsWith(address("options") + "#").endsWith("-damp-g");
    browser.follow(browser::enter);
    assertThat(location()).isEqualTo(first);
    assertOptionIsSeen();

    browser.open(address("tutorial"), width, "light");
    search("--damp-g");
    browser.follow(() -> browser.click(".site-search a"));
    assertThat(location()).isEqualTo(first);
    assertOptionIsSeen();
  }

  private static void assertOptionIsSeen() {
    JsonNode row =
        browser.evaluate(
            "(() => { const row = document.querySelector(':target').closest('tr'), box ="
                + " row.getBoundingClientRect(); return { text: row.textContent, seen: box.bottom >"
                + " 20 && box.top < innerHeight }; })()");
    assertThat(row.path("text").asText().strip()).startsWith("--damp-g");
    assertThat(row.path("seen").asBoolean()).isTrue();
  }

  /** Links of pages and of the search: to pages that are there, and to places that are on them. */
  @Test
  void everyLinkAndEveryPlaceOfTheSearchIsThere() throws Exception {
    Map<String, Set<String>> places = new HashMap<>();
    Map<String, List<String>> links = new HashMap<>();
    for (String page : pages()) {
      String address = address(page).toString();
      browser.open(address(page), 1280, "light");
      places.put(address, new HashSet<>(Set.of("")));
      lines("[...document.querySelectorAll('[id]')].map(each => each.id)")
          .forEach(places.get(address)::add);
      links.put(page, lines("[...document.querySelectorAll('a[href]')].map(a => a.href)"));
    }
    links.put(
        "search-index.js", lines("SEARCH_INDEX.map(e => new URL(e.address, location.href).href)"));
    links.forEach(
        (from, all) ->
            assertThat(all.stream().filter(each -> each.startsWith("file:")))
                .as(from)
                .allMatch(each -> leads(URI.create(each), places)));
  }

  private static boolean leads(URI link, Map<String, Set<String>> places) {
    String page = link.toString().replaceFirst("#.*", "");
    String place = link.getFragment() == null ? "" : link.getFragment();
    return places.getOrDefault(page, Set.of()).contains(place);
  }
}
