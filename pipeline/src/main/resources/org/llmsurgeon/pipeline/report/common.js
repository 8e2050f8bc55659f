'use strict';
// Elements, numbers and charts that both pages use.

/** An element with attributes and children; texts are never taken as markup. */
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined) made.append(child);
  }
  return made;
}

const page = document.getElementById('page');
const known = (value) => typeof value === 'number' && Number.isFinite(value);
const percent = (share, digits = 1) => (known(share) ? (100 * share).toFixed(digits) + ' %' : '');
const count = (value) => (known(value) ? Math.round(value).toLocaleString('en-US') : '');
const sum = (values) => values.reduce((total, value) => total + (value || 0), 0);

/** A number with about so many digits that tell something. */
function figures(value, digits = 4) {
  if (!known(value)) return '';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(digits - 2);
  return String(Number(value.toPrecision(digits)));
}

function bytes(value) {
  if (!known(value)) return '';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit++; }
  return (unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)) + ' ' + units[unit];
}

function duration(seconds) {
  if (!known(seconds)) return '';
  if (seconds < 60) return seconds.toFixed(1) + ' s';
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Colours that people with any kind of colour vision tell apart (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8a7a00', '#7f7f7f'];
const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3]];
const colour = (index) => COLOURS[index % COLOURS.length];

const drawn = [];

function theme(printing) {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(name).trim();
  return printing
    ? { text: '#000', soft: '#444', line: '#ccc' }
    : { text: value('--text'), soft: value('--soft'), line: value('--line') };
}

function paint(chart, colours) {
  for (const scale of Object.values(chart.options.scales || {})) {
    scale.grid.color = colours.line;
    scale.ticks.color = colours.soft;
    scale.title.color = colours.soft;
  }
  chart.options.plugins.legend.labels.color = colours.text;
  chart.update('none');
}

/** Draws all charts again, where the reader's theme changed or the page goes to paper. */
function repaint(printing) {
  const colours = theme(printing);
  drawn.forEach((chart) => { paint(chart, colours); chart.resize(); });
}

window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => repaint(false));
window.addEventListener('beforeprint', () => repaint(true));
window.addEventListener('afterprint', () => repaint(false));

/** Options of one axis. */
function axis(title, more = {}) {
  const { ticks, ...rest } = more;
  return {
    title: { display: Boolean(title), text: title },
    grid: {}, ...rest,
    ticks: { maxRotation: 0, autoSkipPadding: 12, callback: (value) => figures(Number(value), 5), ...ticks },
  };
}

/** A value axis; logarithmic where the values span more than a factor of twelve. */
function valueAxis(title, values, more = {}) {
  const positive = values.filter((value) => known(value));
  const least = Math.min(...positive);
  const most = Math.max(...positive);
  const wide = least > 0 && most / least > 12;
  if (!wide) return axis(title, more);
  return axis(title + ' (log)', {
    type: 'logarithmic', ...more,
    ticks: {
      callback: (value) => {
        const lead = Number(String(value.toExponential()).split('e')[0]);
        const dense = most / least < 1000 ? [1, 2, 5] : [1];
        return dense.includes(Math.round(lead)) && Math.abs(lead - Math.round(lead)) < 1e-9 ? figures(value, 3) : null;
      },
    },
  });
}

/** A figure with a chart, its caption and the same numbers as a table. */
function chart(title, caption, configuration, table, wide) {
  const canvas = element('canvas', { role: 'img', 'aria-label': title + '. ' + caption });
  const figure = element('figure', { class: wide ? 'wide' : null },
    element('h3', {}, title), element('div', { class: 'canvas' }, canvas),
    element('figcaption', {}, caption), table ? folded('The numbers', table) : null);
  const base = {
    animation: false, responsive: true, maintainAspectRatio: false,
    interaction: { mode: 'nearest', intersect: false },
    plugins: { legend: { display: configuration.data.datasets.length > 1, position: 'bottom', labels: { boxWidth: configuration.type === 'bar' ? 12 : 22, boxHeight: configuration.type === 'bar' ? 12 : 2 } } },
  };
  configuration.options = Object.assign(base, configuration.options, {
    plugins: Object.assign(base.plugins, (configuration.options || {}).plugins),
  });
  // Drawn when the figure has its place: a canvas without one has no size.
  queueMicrotask(() => {
    const made = new Chart(canvas, configuration);
    paint(made, theme(false));
    drawn.push(made);
  });
  return figure;
}

const folded = (title, ...children) => element('details', {}, element('summary', {}, title), children);

/** A table of texts; columns named in `texts` are words and may break. */
function table(head, rows, texts = []) {
  const cell = (name) => (value, column) =>
    element(name, { class: texts.includes(column) ? 'text' : null, scope: name === 'th' ? 'col' : null }, value === null || value === undefined ? '' : String(value));
  return element('div', { class: 'scroll' }, element('table', {},
    element('thead', {}, element('tr', {}, head.map(cell('th')))),
    element('tbody', {}, rows.map((row) => element('tr', {}, row.map(cell('td')))))));
}

function section(title, text, ...children) {
  page.append(element('section', {}, element('h2', {}, title), text ? element('p', { class: 'soft' }, text) : null, children));
}

const tile = (name, value, note) => element('div', { class: 'tile' },
  element('span', {}, name), element('b', {}, value), note ? element('span', {}, note) : null);

/** A command to copy. */
function copyable(text) {
  const button = element('button', { type: 'button' }, 'Copy');
  button.addEventListener('click', () => {
    const said = (word) => { button.textContent = word; setTimeout(() => { button.textContent = 'Copy'; }, 1500); };
    if (!navigator.clipboard) { said('Select it and press Ctrl-C'); return; }
    navigator.clipboard.writeText(text).then(() => said('Copied'), () => said('Select it and press Ctrl-C'));
  });
  return element('div', { class: 'copy' }, element('pre', {}, element('code', {}, text)), button);
}

/** A horizontal dashed line at the dense model's value, as a data set over the same x. */
const level = (label, value, from, to) => ({
  label, data: [{ x: from, y: value }, { x: to, y: value }], borderColor: '#7f7f7f', backgroundColor: '#7f7f7f',
  borderDash: [5, 4], borderWidth: 1.5, pointRadius: 0,
});
