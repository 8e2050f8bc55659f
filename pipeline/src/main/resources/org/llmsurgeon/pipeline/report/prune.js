// The page of one pruned model, from its pruning_report.json and config.json.
const { report, config, folder } = JSON.parse(document.getElementById('data').textContent);
const shots = report.shots;
const last = shots[shots.length - 1];
// Of a model that came with zeros some are gone before the first shot, in the sense of the sparsity.
const gone = report.layers.reduce((total, layer) => total + (layer.removed_before || 0), 0);
const STAGES = ['tokenise', 'accumulate', 'reduce', 'score', 'cut', 'evaluate'];
const modelPath = report.inputs.model.path.split('/').filter((part) => part);
const modelName = modelPath.pop() || folder;

// What is said of models that are no language models, and how to read it.
const SCORES = {
  accuracy: ['Accuracy', 'share of labels that are right'],
  f1: ['F1', 'mean over the labels that occur'],
  spearman: ['Spearman', 'order of the cosines of all pairs of test windows, against the dense model'],
};

function head() {
  page.append(element('h1', {}, `${modelName}: ${percent(last.sparsity)} of the weights removed`));
  const v = report.versions;
  page.append(element('p', { class: 'soft' }, `${folder} · ${shots.length} shot${shots.length === 1 ? '' : 's'} · LLM Surgeon ${v.surgeon}, Spark ${v.spark}, Java ${v.java}, ${v.device}`));
  const tiles = [];
  if (known(report.dense_perplexity) && known(last.perplexity)) {
    const factor = last.perplexity / report.dense_perplexity;
    tiles.push(tile('Perplexity', `${figures(report.dense_perplexity)} → ${figures(last.perplexity)}`, `× ${factor.toFixed(3)}; ${figures(Math.log(factor), 3)} nats per token`));
  } else {
    tiles.push(tile('Perplexity', 'not measured', 'no test data was given'));
  }
  for (const score of report.scores || []) {
    const [name, note] = SCORES[score.metric] || [score.metric, null];
    tiles.push(tile(name, `${known(score.dense) ? score.dense.toFixed(4) + ' → ' : ''}${score.pruned.toFixed(4)}`, note));
  }
  tiles.push(tile('Weights of linear layers', count(last.total - last.removed), `of ${count(last.total)}${gone > 0 ? `; ${count(gone)} were gone before` : ''}`));
  const size = sizes();
  if (size) tiles.push(tile('Size on disk', `${bytes(size.before)} → ${bytes(size.after)}`, `× ${(size.after / size.before).toFixed(3)}`));
  if (report.resources) {
    const actual = report.resources.actual;
    tiles.push(tile('Time', duration(actual.seconds), `planned ${duration(report.resources.planned.seconds)}`));
    const memory = Math.max(actual.driver_memory || 0, actual.executor_memory || 0);
    if (memory > 0) tiles.push(tile('Memory', bytes(memory), 'largest process'));
  }
  page.append(element('div', { class: 'tiles' }, tiles));
  const warnings = report.warnings.map((text) => element('div', { class: 'warning', role: 'note' }, text));
  page.append(...warnings.slice(0, 2));
  if (warnings.length > 2) page.append(folded(`${warnings.length - 2} more warning${warnings.length === 3 ? '' : 's'}`, warnings.slice(2)));
}

/** Bytes of the model before and after, where the report knows them. */
function sizes() {
  const made = report.export;
  return made && known(made.before.bytes) && known(made.after.bytes) ? { before: made.before.bytes, after: made.after.bytes } : null;
}

/** What the folder as written saves, and that it computes the same. */
function exported() {
  const made = report.export;
  if (!made) return;
  const line = (name, key, shown) => (known(made.before[key]) && known(made.after[key])
    ? [[name, shown(made.before[key]), shown(made.after[key]), '× ' + (made.after[key] / made.before[key]).toFixed(3)]] : []);
  const check = made.verification;
  section('Size and speed', `Written as ${made.route}. It loads in ${made.loads_in.join(', ')}.`,
    table(['', 'before', 'after', ''], [...line('parameters', 'parameters', count), ...line('bytes on disk', 'bytes', bytes),
      ...line('multiply-adds of a token', 'multiply_adds', count), ...line('tokens per second, forward', 'tokens_per_second', (value) => figures(value, 4))]),
    check ? element('p', { class: 'soft' }, `Verified on ${count(check.tokens)} tokens: its logits differ from those of the model with zeros by at most ${figures(check.agreement.max_logit_difference, 2)}.`) : null);
}

function quality() {
  const charts = [];
  const measured = shots.filter((shot) => known(shot.perplexity));
  if (measured.length > 0) charts.push(perplexityChart(measured));
  if (shots.some((shot) => known(shot.predicted_nats) || known(shot.measured_nats))) charts.push(lossChart());
  const kinds = [...new Set(shots.flatMap((shot) => Object.keys(shot.units || {})))];
  if (kinds.length > 0) charts.push(kindsChart(kinds, 'removed', 'Units removed in each shot', 'How many of each kind went.', 'units'));
  if (kinds.length > 0 && shots.some((shot) => Object.values(shot.units).some((unit) => known(unit.predicted_nats)))) {
    charts.push(kindsChart(kinds, 'predicted_nats', 'What each kind was predicted to cost', 'Its part of the predicted growth of the loss.', 'nats per token'));
  }
  section('Quality against size', 'After each shot; a shot measures, removes and updates once.', element('div', { class: 'charts' }, charts),
    folded('All shots', table(['shot', 'removed', 'share', 'perplexity', 'loss grew by', 'predicted', 'threshold', 'seconds'],
      shots.map((shot) => [shot.shot, count(shot.removed), percent(shot.sparsity, 2), figures(shot.perplexity, 5), figures(shot.measured_nats, 3),
        figures(shot.predicted_nats, 3), figures(shot.threshold, 3), sum(STAGES.map((stage) => shot.seconds[stage])).toFixed(1)]))));
}

/** What each constraint on widths added to the predicted loss, over all shots. */
function constraints() {
  const options = [...new Set(shots.flatMap((shot) => Object.keys(shot.constraints || {})))];
  if (options.length === 0) return;
  const of = (option) => shots.map((shot) => (shot.constraints || {})[option]).filter((each) => each);
  section('What constraints on widths cost', 'Predicted growth of the loss over all shots as it was chosen, and as it would have been without one of the constraints, the others in place. Below 0 where less went because of it.',
    table(['constraint', 'predicted', 'without it', 'added, nats per token'], options.map((option) => {
      const each = of(option);
      const told = each.every((one) => known(one.added_nats));
      const without = sum(each.map((one) => one.predicted_nats_without));
      const added = sum(each.map((one) => one.added_nats));
      return ['--' + option, told ? figures(without + added, 3) : '', told ? figures(without, 3) : '', told ? figures(added, 3) : ''];
    })));
}

/** Parts that were cut alone, those furthest from their predictions first. */
function trust() {
  const parts = report.trust || [];
  if (parts.length === 0) return;
  const ratio = (part) => part.measured_nats / part.predicted_nats;
  const sorted = [...parts].sort((a, b) => ratio(b) - ratio(a));
  const held = parts.filter((part) => part.held).length;
  section('Where predictions hold', `Parts that lost most in a shot, each cut alone: growth of the loss on calibration windows against the prediction. ${held} of ${parts.length} were held back in the next try.`,
    folded('All parts', table(['part', 'shot', 'try', 'share', 'predicted', 'measured', 'ratio', ''], sorted.map((part) =>
      [part.part, part.shot, part.round, percent(part.share), figures(part.predicted_nats, 3), figures(part.measured_nats, 3), figures(ratio(part), 3), part.held ? 'held back' : '']))));
}

/** Quantities on which perplexity can be drawn: of all shots, from none removed. */
function quantities() {
  const options = [{ name: 'weights removed', title: 'share of the linear weights removed, %', of: (shot) => 100 * shot.sparsity, dense: 100 * gone / last.total },
    { name: 'weights left', title: 'linear weights left', of: (shot) => shot.total - shot.removed, dense: last.total - gone }];
  const before = (report.export || {}).before || {};
  for (const [key, name] of [['parameters', 'parameters'], ['bytes', 'bytes'], ['multiply_adds', 'multiply-adds of a token']]) {
    if (known(before[key]) && shots.every((shot) => shot.size)) options.push({ name, title: name, of: (shot) => shot.size[key], dense: before[key] });
  }
  return options;
}

function perplexityChart(measured) {
  const options = quantities();
  const dense = report.dense_perplexity;
  const of = (quantity) => {
    const points = measured.map((shot) => ({ x: quantity.of(shot), y: shot.perplexity }));
    if (known(dense)) points.unshift({ x: quantity.dense, y: dense });
    const xs = points.map((point) => point.x);
    const sets = [{ label: 'pruned', data: points, borderColor: colour(0), backgroundColor: colour(0), pointRadius: 3 }];
    if (known(dense)) sets.push(level('dense', dense, Math.min(...xs), Math.max(...xs)));
    (report.saved || []).filter((each) => known(each.perplexity)).forEach((each, i) => {
      const shot = shots.find((one) => one.shot === each.shot);
      if (i === 0) sets.push({ label: 'kept folders', data: [], borderColor: colour(1), backgroundColor: colour(1), pointRadius: 6, pointStyle: 'rectRot', showLine: false });
      sets[sets.length - 1].data.push({ x: quantity.of(shot), y: each.perplexity });
    });
    return sets;
  };
  const configuration = {
    type: 'line', data: { datasets: of(options[0]) },
    options: { parsing: false, scales: { x: axis(options[0].title, { type: 'linear' }), y: valueAxis('perplexity', measured.map((shot) => shot.perplexity).concat(known(dense) ? [dense] : [])) } },
  };
  const figure = chart('Perplexity', 'On the test data; dashed: the dense model. Lower is better.', configuration);
  const choice = element('select', { 'aria-label': 'What perplexity is drawn against' }, options.map((each, i) => element('option', { value: i }, 'against ' + each.name)));
  choice.addEventListener('change', () => {
    const quantity = options[Number(choice.value)];
    const made = Chart.getChart(figure.querySelector('canvas'));
    made.data.datasets = of(quantity);
    made.options.scales.x.title.text = quantity.title;
    made.update('none');
  });
  figure.prepend(element('div', { class: 'row' }, figure.querySelector('h3'), choice));
  return figure;
}

function lossChart() {
  const bars = (label, key, index) => ({ label, data: shots.map((shot) => shot[key]), backgroundColor: colour(index), borderColor: colour(index) });
  return chart('Growth of the loss: predicted and measured', 'In each shot. The prediction is the quadratic model\'s; far above it, take more and smaller shots.', {
    type: 'bar', data: { labels: shots.map((shot) => shot.shot), datasets: [bars('predicted', 'predicted_nats', 4), bars('measured', 'measured_nats', 0)] },
    options: { scales: { x: axis('shot', { ticks: { callback: (value, i) => shots[i].shot } }), y: axis('nats per token') } },
  });
}

function kindsChart(kinds, key, title, caption, unit) {
  return chart(title, caption, {
    type: 'bar',
    data: { labels: shots.map((shot) => shot.shot), datasets: kinds.map((kind, i) => ({ label: kind, data: shots.map((shot) => (shot.units[kind] || {})[key]), backgroundColor: colour(i), borderColor: colour(i) })) },
    options: { scales: { x: axis('shot', { stacked: true, ticks: { callback: (value, i) => shots[i].shot } }), y: axis(unit, { stacked: true }) } },
  });
}

/** A layer's block number and which matrix of the block it is: the same one of all experts. */
function place(name) {
  const found = /^(?:.*?)\.(\d+)\.(.*)$/.exec(name);
  return found ? { block: Number(found[1]), matrix: found[2].replace(/\.\d+(?=\.)/g, '') } : { block: -1, matrix: name };
}

/** As many of the last words of a matrix's path as tell it from the others. */
function shortest(matrix, matrices) {
  const words = matrix.split('.');
  for (let from = words.length - 1; from > 0; from--) {
    const end = words.slice(from).join('.');
    if (!matrices.some((other) => other !== matrix && (other === end || other.endsWith('.' + end)))) return end;
  }
  return matrix;
}

/** The sum of a matrix over experts. */
function together(before, layer) {
  if (!before) return { ...layer };
  const sum = { ...before, name: `${before.name} to ${layer.name}` };
  if (before.last) sum.name = before.name.replace(before.last, layer.name);
  sum.last = layer.name;
  for (const key of ['removed', 'weights', 'rows', 'rows_left', 'columns', 'columns_left']) sum[key] += layer[key];
  return sum;
}

function map() {
  const cells = new Map();
  const matrices = [];
  const blocks = [];
  for (const layer of report.layers) {
    const { block, matrix } = place(layer.name);
    if (!matrices.includes(matrix)) matrices.push(matrix);
    if (!blocks.includes(block)) blocks.push(block);
    cells.set(block + ' ' + matrix, together(cells.get(block + ' ' + matrix), layer));
  }
  const cell = (block, matrix) => {
    const layer = cells.get(block + ' ' + matrix);
    if (!layer) return element('td', {}, '');
    const share = layer.removed / layer.weights;
    const title = `${layer.name}: ${count(layer.removed)} of ${count(layer.weights)} weights removed; ${layer.rows_left} of ${layer.rows} rows and ${layer.columns_left} of ${layer.columns} columns left`;
    return element('td', { title, style: `background: rgba(var(--heat), ${(0.06 + 0.74 * share).toFixed(3)})` }, (100 * share).toFixed(0));
  };
  const heat = element('div', { class: 'scroll' }, element('table', { class: 'map', 'aria-label': 'share of each matrix that is gone, in percent' },
    element('thead', {}, element('tr', {}, element('th', {}, 'block'), matrices.map((matrix) => element('th', { scope: 'col' }, shortest(matrix, matrices))))),
    element('tbody', {}, blocks.map((block) => element('tr', {}, element('th', { scope: 'row' }, block < 0 ? '' : String(block)), matrices.map((matrix) => cell(block, matrix)))))));
  const charts = [element('figure', {}, element('h3', {}, 'Share of each matrix that is gone, %'), heat, element('figcaption', {}, 'A line for each block, first at the top.'))];
  const widths = widthChart(cells, blocks, matrices);
  if (widths) charts.push(widths);
  section('What went', null, element('div', { class: 'charts' }, charts));
}

/** Rows left of the matrices that say how wide a block's MLP and attention are. */
function widthChart(cells, blocks, matrices) {
  const first = (names) => matrices.find((matrix) => names.test(matrix));
  const up = first(/(^|\.)(up_proj|gate_up_proj|up|w3|fc1|c_fc|dense_h_to_4h|lin1|intermediate\.dense)$/);
  const query = first(/(^|\.)(q_proj|query|q_lin|c_attn|query_key_value|qkv_proj)$/);
  const sets = [];
  const add = (matrix, label, index) => {
    if (!matrix) return;
    sets.push({ label, backgroundColor: colour(index), borderColor: colour(index),
      data: blocks.map((block) => { const layer = cells.get(block + ' ' + matrix); return layer ? 100 * layer.rows_left / layer.rows : null; }) });
  };
  add(up, up && `neurons (rows of ${shortest(up, matrices)})`, 0);
  add(query, query && `query rows (of ${shortest(query, matrices)})`, 2);
  if (sets.length === 0) return null;
  const heads = config && config.num_attention_heads ? ` A full layer has ${config.num_attention_heads} heads${config.num_key_value_heads ? ` and ${config.num_key_value_heads} key/value heads` : ''}.` : '';
  const figure = chart('Widths left', `Share of the rows that are left in each block.${heads}`, {
    type: 'bar', data: { labels: blocks.map(String), datasets: sets },
    options: { scales: { x: axis('block', { ticks: { callback: (value, i) => blocks[i] } }), y: axis('% left', { min: 0, max: 100 }) } },
  });
  const written = widthTable();
  if (written) figure.append(folded('Sizes as written', written));
  return figure;
}

/** How many of each every block is written with; what no block has is left out. */
function widthTable() {
  const widths = (report.export || {}).widths || [];
  const columns = [['neurons', 'neurons'], ['heads', 'heads'], ['groups', 'key/value heads'], ['expert', 'neurons of an expert'], ['experts', 'experts']]
    .filter(([key]) => widths.some((width) => width[key] > 0));
  return columns.length === 0 ? null : table(['block', ...columns.map(([, name]) => name)],
    widths.map((width, block) => [block, ...columns.map(([key]) => width[key])]));
}

/** A dashed line across a histogram, at a power of two. */
const thresholdLine = {
  id: 'threshold',
  afterDatasetsDraw(made) {
    const { first, exponent } = made.options.plugins.threshold;
    if (!known(exponent)) return;
    const { x, y } = made.scales;
    const step = x.getPixelForValue(1) - x.getPixelForValue(0);
    const at = x.getPixelForValue(0) + (exponent - first - 0.5) * step;
    if (!(at >= x.left && at <= x.right)) return;
    made.ctx.save();
    made.ctx.strokeStyle = made.options.plugins.legend.labels.color;
    made.ctx.setLineDash([5, 4]);
    made.ctx.lineWidth = 2;
    made.ctx.beginPath();
    made.ctx.moveTo(at, y.top);
    made.ctx.lineTo(at, y.bottom);
    made.ctx.stroke();
    made.ctx.restore();
  },
};

/** Costs of one kind of structure, shot by shot. */
function costChart(kind, counted) {
  const of = (shot) => {
    const { first, removed, kept } = shot.costs[kind];
    // At least two places, so that there is a distance between them.
    const places = Math.max(2, removed.length);
    const bars = (label, data, index) => ({ label, data: [...data, ...Array(places - data.length).fill(0)], backgroundColor: colour(index), borderColor: colour(index), barPercentage: 1, categoryPercentage: 0.94 });
    return { labels: Array.from({ length: places }, (each, i) => figures(2 ** (first + i), 2)), datasets: [bars('goes', removed, 1), bars('stays', kept, 0)] };
  };
  const line = (shot) => ({ first: shot.costs[kind].first, exponent: shot.threshold > 0 ? Math.log2(shot.threshold) : null });
  const start = counted[counted.length - 1];
  const free = (shot) => (shot.costs[kind].free > 0 ? ` ${count(shot.costs[kind].free)} more went at no cost.` : '');
  const figure = chart(`Cost of each ${kind}`, `How many cost how much${report.recipe.structures === 'units' ? ' per weight' : ''}, on a log scale; dashed: the threshold of the shot, up to which they go.`, {
    type: 'bar', data: of(start), plugins: [thresholdLine],
    options: {
      plugins: { threshold: line(start) },
      scales: { x: axis('cost, from (log)', { stacked: true, ticks: { callback(value) { return this.getLabelForValue(value); } } }), y: axis('how many', { stacked: true }) },
    },
  });
  const note = element('p', { class: 'soft' }, free(start));
  figure.append(note);
  if (counted.length === 1) return figure;
  const choice = element('select', { 'aria-label': 'shot' }, counted.map((shot, i) => element('option', { value: i, selected: shot === start ? '' : null }, 'shot ' + shot.shot)));
  choice.addEventListener('change', () => {
    const shot = counted[Number(choice.value)];
    const made = Chart.getChart(figure.querySelector('canvas'));
    Object.assign(made.options.plugins.threshold, line(shot));
    made.data = of(shot);
    note.textContent = free(shot);
    made.update('none');
  });
  figure.prepend(element('div', { class: 'row' }, figure.querySelector('h3'), choice));
  return figure;
}

function costs() {
  const of = (kind) => shots.filter((shot) => shot.costs && shot.costs[kind] && shot.costs[kind].removed.length > 0);
  const kinds = [...new Set(shots.flatMap((shot) => Object.keys(shot.costs || {})))].filter((kind) => of(kind).length > 0);
  if (kinds.length === 0) return;
  section('Costs and the threshold', 'What removing each structure was predicted to add to the loss. Where many lie close to the threshold, a little more or less sparsity changes much.',
    element('div', { class: 'charts' }, kinds.map((kind) => costChart(kind, of(kind)))));
}

function factors() {
  const all = (report.factors || []).filter((factor) => factor.shot === last.shot && known(factor.condition) && factor.condition > 0);
  if (all.length === 0) return;
  const names = [...new Set(all.map((factor) => factor.layer))];
  const set = (kind, index) => ({ label: kind === 'G' ? 'G, gradients of outputs' : 'A, inputs', showLine: false, pointRadius: 3.5, pointStyle: index ? 'rectRot' : 'circle',
    borderColor: colour(index), backgroundColor: colour(index),
    data: all.filter((factor) => factor.factor === kind).map((factor) => ({ x: names.indexOf(factor.layer), y: factor.condition })) });
  const worst = [...all].sort((a, b) => b.condition - a.condition).slice(0, 10);
  const dead = sum(all.map((factor) => factor.dead));
  const retries = sum((report.factors || []).map((factor) => factor.retries));
  const figure = chart('Condition of the damped factors, last shot', `By layer, in the model's order. ${count(dead)} dead rows or columns; damping was raised ${count(retries)} times in the run.`, {
    type: 'line', data: { datasets: [set('A', 0), set('G', 1)].filter((each) => each.data.length > 0) },
    options: { parsing: false,
      scales: { x: axis('layer', { type: 'linear', ticks: { precision: 0 } }), y: valueAxis('condition number', all.map((factor) => factor.condition)) },
      plugins: { tooltip: { callbacks: { title: (items) => names[items[0].parsed.x] } } } },
  }, table(['layer', 'factor', 'size', 'dead', 'condition', 'damping', 'retries'],
    worst.map((f) => [f.layer, f.factor, f.size, f.dead, figures(f.condition, 3), figures(f.damping, 3), f.retries])), true);
  section('Health of the curvature', 'A condition number is the largest over the smallest eigenvalue: how far numbers are amplified in an inversion.', element('div', { class: 'charts' }, figure));
}

function time() {
  const stages = report.resources ? report.resources.stages : [];
  const charts = [];
  if (stages.length > 0) {
    const against = (title, caption, unit, of, ...more) => {
      const set = (label, key, index) => ({ label, data: stages.map((stage) => of(stage[key] || {})), backgroundColor: colour(index), borderColor: colour(index) });
      charts.push(chart(title, caption, {
        type: 'bar', data: { labels: stages.map((stage) => stage.name), datasets: [set('planned', 'planned', 4), set('measured', 'actual', 0)] },
        options: { indexAxis: 'y', scales: { x: axis(unit), y: axis('', { ticks: { callback(value) { return this.getLabelForValue(value); }, autoSkip: false } }) } },
      }, ...more));
    };
    const cells = (key, shown) => (stage) => ['actual', 'planned'].map((side) => shown((stage[side] || {})[key]));
    const columns = [cells('seconds', figures), cells('memory', bytes), cells('device', bytes), cells('read', bytes), cells('written', bytes)];
    const heads = ['seconds', 'memory', 'tensors', 'read', 'written'].flatMap((name) => [name, 'planned']);
    against('Seconds of each stage', 'As planned before the run, and as measured.', 'seconds, all shots', (amount) => amount.seconds,
      table(['stage', 'times', ...heads], stages.map((stage) => [stage.name, (stage.actual || {}).times, ...columns.flatMap((column) => column(stage))])));
    if (stages.some((stage) => known((stage.actual || {}).memory))) {
      against('Memory of each stage', 'The largest process that did its work, with Java\'s heap and mapped files, which the system takes back when it must.', 'GiB', (amount) => (known(amount.memory) ? amount.memory / 2 ** 30 : null));
    }
  }
  charts.push(chart('Seconds of each shot', 'Wall-clock time of its stages.', {
    type: 'bar', data: { labels: shots.map((shot) => shot.shot), datasets: STAGES.map((stage, i) => ({ label: stage, data: shots.map((shot) => shot.seconds[stage]), backgroundColor: colour(i), borderColor: colour(i) })) },
    options: { scales: { x: axis('shot', { stacked: true, ticks: { callback: (value, i) => shots[i].shot } }), y: axis('seconds', { stacked: true }) } },
  }));
  section('Time and memory', null, element('div', { class: 'charts' }, charts), report.resources ? needs() : null);
}

function needs() {
  const { planned, actual } = report.resources;
  const line = (name, key, of) => [name, of(planned[key]), of(actual[key])];
  return table(['whole run', 'planned', 'measured'], [line('seconds', 'seconds', (v) => figures(v)), line('memory of the driver', 'driver_memory', bytes),
    line('memory of the largest executor', 'executor_memory', bytes), line('disk of the run directory', 'disk', bytes), line('bytes read', 'read', bytes), line('bytes written', 'written', bytes)]);
}

/** Texts that both models wrote, where the report has them. */
function samples() {
  const all = report.export ? report.export.samples : [];
  if (all.length === 0) return;
  section('The same words, before and after', 'Both models go on from the same beginning with the likeliest token each time.',
    all.map((sample) => element('div', { class: 'charts' },
      [['dense', sample.before], ['pruned', sample.after]].map(([name, text]) =>
        element('figure', {}, element('h3', {}, name), element('pre', { class: 'prose' }, element('b', {}, sample.prompt), text))))));
}

function settings() {
  const shown = (value) => (Array.isArray(value) ? value.join(', ') : value === null || value === undefined ? '' : String(value));
  const inputs = [];
  for (const [key, value] of Object.entries(report.inputs)) {
    if (Array.isArray(value)) value.forEach((each) => inputs.push([key, typeof each === 'object' ? each.name || each.path || each.file : each, each.sha256 || '']));
    else if (value && typeof value === 'object') inputs.push([key, value.name || value.path || '', value.sha256 || '']);
    else inputs.push([key, shown(value), '']);
  }
  const test = report.test && report.inputs.test.length === 0 ? 'test, held out of the calibration text' : 'test';
  const tokens = (name, part) => (part ? [[name, `${count(part.windows)} windows of ${count(part.context)} tokens`, count(part.tokens) + ' tokens']] : []);
  section('Settings', 'They rerun this result exactly, as a recipe and with the same inputs.',
    table(['data', '', ''], [...tokens('calibration', report.calibration), ...tokens(test, report.test), ['seed', shown(report.seed), '']], [1, 2]),
    folded('Recipe', table(['option', 'value'], Object.entries(report.recipe).map(([key, value]) => [key, shown(value)]), [1])),
    folded('Inputs and their SHA-256', table(['input', 'file', 'SHA-256'], inputs, [1, 2])));
}

/** What a loaded model is given and gives, in Python, by the class that loads it. */
function firstUse(loader) {
  if (loader.endsWith('ForImageClassification')) {
    return ['inputs = processor(Image.open("photo.jpg").convert("RGB"), return_tensors="pt")', 'print(model.config.id2label[model(**inputs).logits.argmax().item()])'];
  }
  const inputs = 'inputs = tokenizer("Once upon a time", return_tensors="pt")';
  if (loader.endsWith('ForCausalLM')) return [inputs, 'print(tokenizer.decode(model.generate(**inputs, max_new_tokens=40)[0]))'];
  return [inputs, loader === 'AutoModel' ? 'print(model(**inputs).last_hidden_state.mean(1))' : 'print(model(**inputs).logits)'];
}

function loading() {
  const written = report.export || {};
  const own = /^transformers.*trust_remote_code/.test((written.loads_in || [])[0] || '');
  const loader = written.loader || 'AutoModelForCausalLM';
  const images = loader.endsWith('ForImageClassification');
  const [name, reader] = images ? ['processor', 'AutoImageProcessor'] : ['tokenizer', 'AutoTokenizer'];
  const lines = [
    ...(images ? ['from PIL import Image'] : []), `from transformers import ${loader}, ${reader}`, '', `folder = ${JSON.stringify(folder)}`,
    `model = ${loader}.from_pretrained(folder${own ? ', trust_remote_code=True' : ''})`, `${name} = ${reader}.from_pretrained(folder)`, ...firstUse(loader),
  ];
  section('How to load it', null,
    copyable(lines.join('\n')),
    element('p', { class: 'soft' }, 'The numbers of this page: ', element('a', { href: 'pruning_report.json' }, 'pruning_report.json'), ', ', ['report.csv', 'report-layers.csv', 'report-factors.csv', 'report-stages.csv'].map((file, i) => [i > 0 ? ', ' : '', element('a', { href: file }, file)]), '; its settings as a recipe: ', element('a', { href: 'recipe.yaml' }, 'recipe.yaml'), '. To make this page again: '),
    copyable('jobs/surgeon report ' + folder));
}

head();
quality();
exported();
constraints();
trust();
map();
costs();
factors();
time();
samples();
loading();
settings();
