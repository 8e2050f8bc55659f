package org.llmsurgeon.pipeline.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A headless Chromium with one page, told what to do over its DevTools protocol. */
public final class Browser implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long PATIENCE_SECONDS = 90;

  /** Where the middle of an element is, and whether it is on top there. */
  private static final String MIDDLE =
      """
      (() => {
        const element = document.querySelector(%s);
        element.scrollIntoView({ block: 'center', behavior: 'instant' });
        const box = element.getClientRects()[0];
        if (!box) return { seen: false };
        const x = box.left + box.width / 2, y = box.top + box.height / 2;
        return { x, y, seen: element.contains(document.elementFromPoint(x, y)) };
      })()\
      """;

  private final Process process;
  private final WebSocket socket;
  private final AtomicInteger calls = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
  private final List<String> problems = new ArrayList<>();
  private final List<String> requests = new ArrayList<>();
  private CompletableFuture<Void> loaded = new CompletableFuture<>();
  private String session;

  private Browser(Process process, String address) {
    this.process = process;
    this.socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(URI.create(address), new Listener())
            .join();
  }

  /** The program, where the path or {@code SURGEON_BROWSER} has one. */
  public static Optional<Path> program() {
    String named = System.getenv("SURGEON_BROWSER");
    if (named != null) {
      return Optional.of(Path.of(named));
    }
    return Stream.of(System.getenv("PATH").split(java.io.File.pathSeparator))
        .flatMap(
            folder ->
                Stream.of("chromium", "chromium-browser", "google-chrome")
                    .map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * Starts one.
   *
   * @param program Chromium
   * @param profile an empty folder
   */
  public static Browser start(Path program, Path profile) throws IOException {
    Process process =
        new ProcessBuilder(
                program.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectErrorStream(true)
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String marker = "DevTools listening on ";
    String line;
    while ((line = out.readLine()) != null && !line.startsWith(marker)) {}
    if (line == null) {
      throw new IOException(program + " ended before it could be reached");
    }
    Thread rest = new Thread(() -> out.lines().forEach(each -> {}), "browser output");
    rest.setDaemon(true);
    rest.start();
    Browser browser = new Browser(process, line.substring(marker.length()));
    browser.openPage();
    return browser;
  }

  private void openPage() {
    String target =
        call("Target.createTarget", Map.of("url", "about:blank")).path("targetId").asText();
    session =
        call("Target.attachToTarget", Map.of("targetId", target, "flatten", true))
            .path("sessionId")
            .asText();
    for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
      call(domain + ".enable", Map.of());
    }
  }

  /**
   * Shows a page.
   *
   * @param address where it is
   * @param width of the window, CSS pixels
   * @param scheme {@code light} or {@code dark}
   */
  public void open(URI address, int width, String scheme) throws Exception {
    call(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", 900, "deviceScaleFactor", 1, "mobile", width < 600));
    call(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    problems.clear();
    requests.clear();
    loaded = new CompletableFuture<>();
    call("Page.navigate", Map.of("url", address.toString()));
    shown();
  }

  /**
   * Does something that leads to another page, and waits until that is shown.
   *
   * @param step what leads there
   */
  public void follow(Runnable step) throws Exception {
    problems.clear();
    requests.clear();
    loaded = new CompletableFuture<>();
    step.run();
    shown();
  }

  private void shown() throws Exception {
    loaded.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    // Two frames: charts draw when they have their place.
    evaluate(
        "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))");
  }

  /**
   * Clicks on the middle of an element as a hand would: the window scrolls to it, and it must be
   * what is seen there.
   *
   * @param selector of CSS
   */
  public void click(String selector) {
    JsonNode middle = evaluate(MIDDLE.formatted(JSON.valueToTree(selector)));
    if (!middle.path("seen").asBoolean()) {
      throw new IllegalStateException(selector + " is not to be seen: " + middle);
    }
    for (String type : List.of("mousePressed", "mouseReleased")) {
      call(
          "Input.dispatchMouseEvent",
          Map.of(
              "type",
              type,
              "button",
              "left",
              "clickCount",
              1,
              "x",
              middle.path("x"),
              "y",
              middle.path("y")));
    }
  }

  /** Types where the cursor is. */
  public void type(String text) {
    call("Input.insertText", Map.of("text", text));
  }

  /** Presses Enter. */
  public void enter() {
    for (String type : List.of("keyDown", "keyUp")) {
      call(
          "Input.dispatchKeyEvent",
          Map.of("type", type, "key", "Enter", "code", "Enter", "windowsVirtualKeyCode", 13));
    }
  }

  /** The value of an expression on the page. */
  public JsonNode evaluate(String expression) {
    JsonNode result =
        call(
            "Runtime.evaluate",
            Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
    if (result.has("exceptionDetails")) {
      throw new IllegalStateException(result.path("exceptionDetails").toString());
    }
    return result.path("result").path("value");
  }

  /** Errors and warnings of the page's console since it was opened. */
  public List<String> problems() {
    return List.copyOf(problems);
  }

  /** Addresses that the page asked for since it was opened, itself included. */
  public List<String> requests() {
    return List.copyOf(requests);
  }

  /** A picture of the whole page, PNG. */
  public byte[] picture() {
    return Base64.getDecoder()
        .decode(
            call("Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", true))
                .path("data")
                .asText());
  }

  /** The page on paper, PDF. */
  public byte[] printed() {
    return Base64.getDecoder()
        .decode(call("Page.printToPDF", Map.of("printBackground", true)).path("data").asText());
  }

  private JsonNode call(String method, Map<String, ?> parameters) {
    int id = calls.incrementAndGet();
    ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
    message.set("params", JSON.valueToTree(parameters));
    if (session != null) {
      message.put("sessionId", session);
    }
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    waiting.put(id, answer);
    socket.sendText(message.toString(), true).join();
    JsonNode reply = answer.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    if (reply.has("error")) {
      throw new IllegalStateException(method + ": " + reply.path("error"));
    }
    return reply.path("result");
  }

  private void received(JsonNode message) {
    if (message.has("id")) {
      waiting.remove(message.path("id").asInt()).complete(message);
      return;
    }
    JsonNode params = message.path("params");
    switch (message.path("method").asText()) {
      case "Page.loadEventFired" -> loaded.complete(null);
      case "Runtime.exceptionThrown" -> problems.add(params.path("exceptionDetails").toString());
      case "Runtime.consoleAPICalled" -> problems.add(params.path("args").toString());
      case "Log.entryAdded" -> problems.add(params.path("entry").toString());
      case "Network.requestWillBeSent" -> requests.add(params.path("request").path("url").asText());
      default -> {}
    }
  }

  /** Waits for the processes that it started too: until then they write to its profile. */
  @Override
  public void close() throws Exception {
    List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
    all.add(process.toHandle());
    process.destroy();
    for (ProcessHandle each : all) {
      try {
        each.onExit().get(10, TimeUnit.SECONDS);
      } catch (TimeoutException slow) {
        each.destroyForcibly();
        each.onExit().get(10, TimeUnit.SECONDS);
      }
    }
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        try {
          received(JSON.readTree(text.toString()));
        } catch (IOException broken) {
          throw new java.io.UncheckedIOException(broken);
        } finally {
          text.setLength(0);
        }
      }
      from.request(1);
      return null;
    }
  }
}
