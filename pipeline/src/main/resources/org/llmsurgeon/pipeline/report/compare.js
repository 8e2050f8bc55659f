// The page of a comparison, from its compare.json.
const { runs, folder } = JSON.parse(document.getElementById('data').textContent);
const dense = runs.find((run) => run.method === 'dense');
const others = runs.filter((run) => run.method !== 'dense');
const done = others.filter((run) => !run.failure);
const many = (key) => new Set(others.filter((run) => run.method === 'surgeon').map((run) => run[key])).size > 1;
const parts = ['curvature', 'update'].filter(many);
const several = (key) => new Set(others.map((run) => run[key])).size > 1;
const severalShots = several('shots');
const excess = (run) => (dense && known(run.perplexity) ? Math.log(run.perplexity / dense.perplexity) : null);

/** What tells a curve from the others. */
function curveName(run) {
  const more = run.method === 'surgeon' ? parts.map((part) => run[part]) : [];
  if (severalShots) more.push(`${run.shots} shot${run.shots === 1 ? '' : 's'}`);
  if (several('threshold')) more.push({ layer: 'each layer', 'global+trust': 'global, trust region' }[run.threshold] ?? 'global');
  if (several('after') && run.after !== 'none') more.push(`then ${run.after}`);
  return run.method + (more.length ? ` (${more.join(', ')})` : '');
}

const methods = [...new Set(others.map((run) => run.method))];
const curves = new Map();
done.forEach((run) => { const name = curveName(run); if (!curves.has(name)) curves.set(name, []); curves.get(name).push(run); });
// A run that ended more than a hundredth below its target is no answer to what that target costs.
const best = (sparsity) => done.filter((run) => run.sparsity === sparsity && run.removed >= sparsity - 0.01 && known(run.perplexity)).sort((a, b) => a.perplexity - b.perplexity)[0];
const sparsities = [...new Set(others.map((run) => run.sparsity))].sort((a, b) => a - b);

function styled(name, index) {
  const method = name.split(' (')[0];
  const among = [...curves.keys()].filter((each) => each.split(' (')[0] === method).indexOf(name);
  const tone = colour(methods.indexOf(method));
  return { label: name, borderColor: tone, backgroundColor: tone, borderDash: DASHES[among % DASHES.length], pointRadius: 4, borderWidth: method === 'surgeon' ? 3 : 1.8 };
}

page.append(element('h1', {}, `Comparison of ${methods.length} method${methods.length === 1 ? '' : 's'}`));
page.append(element('p', { class: 'soft' }, folder));
page.append(element('div', { class: 'tiles' },
  dense ? tile('Dense perplexity', figures(dense.perplexity)) : null,
  sparsities.map((sparsity) => { const run = best(sparsity); return run ? tile(`Best at ${percent(sparsity, 0)}`, figures(run.perplexity), curveName(run)) : null; }),
  tile('Runs', String(done.length), done.length < others.length ? `and ${others.length - done.length} that failed` : 'all done')));
others.filter((run) => run.failure).forEach((run) => page.append(element('div', { class: 'warning', role: 'note' }, `${curveName(run)} at ${percent(run.sparsity)}: ${run.failure.reason}`)));

if (done.length > 0) {
  const perplexities = done.map((run) => run.perplexity).concat(dense ? [dense.perplexity] : []);
  const sets = [...curves].map(([name, each], i) => Object.assign(styled(name, i), {
    data: [...each].sort((a, b) => a.removed - b.removed).map((run) => ({ x: 100 * run.removed, y: run.perplexity })),
  }));
  const xs = sets.flatMap((set) => set.data.map((point) => point.x));
  const edge = sparsities.length > 1 ? 0 : 2;
  if (dense) sets.push(level('dense', dense.perplexity, Math.min(...xs) - edge, Math.max(...xs) + edge));
  const charts = [chart('Perplexity against weights removed', 'On the same test windows, weights in F32. Lower is better.', {
    type: 'line', data: { datasets: sets },
    options: { parsing: false, scales: { x: axis('share of the weights removed, %', { type: 'linear' }), y: valueAxis('perplexity', perplexities) } },
  }, null, true)];
  const timed = done.filter((run) => known(run.seconds));
  if (timed.length > 0) {
    charts.push(chart('Perplexity against time', 'Seconds of measuring, scoring and cutting.', {
      type: 'line',
      data: { datasets: [...curves].map(([name, each], i) => Object.assign(styled(name, i), { showLine: false, data: each.filter((run) => known(run.seconds)).map((run) => ({ x: run.seconds + (run.measuring_seconds || 0), y: run.perplexity })) })) },
      options: { parsing: false, scales: { x: axis('seconds', { type: 'linear', min: 0 }), y: valueAxis('perplexity', perplexities) } },
    }));
    charts.push(chart('Memory of tensors', 'The most in one process, measuring included.', {
      type: 'bar', data: { labels: [...curves.keys()], datasets: [{ label: 'MiB', backgroundColor: [...curves.keys()].map((name, i) => styled(name, i).borderColor), data: [...curves.values()].map((each) => Math.max(...each.map((run) => run.peak_bytes || 0)) / 1048576) }] },
      options: { indexAxis: 'y', scales: { x: axis('MiB'), y: axis('', { ticks: { callback(value) { return this.getLabelForValue(value); }, autoSkip: false } }) } },
    }));
  }
  page.append(element('div', { class: 'charts' }, charts));
}

// Columns that say something: of those that may be empty or the same everywhere the others.
const columns = [
  ['method', (run) => run.method], ['curvature', (run) => run.curvature], ['update', (run) => run.update], ['target', (run) => percent(run.sparsity)],
  ['shots', (run) => run.shots || ''], ['threshold', (run) => run.threshold], ['removed', (run) => percent(run.removed)],
  ['perplexity', (run) => figures(run.perplexity, 5)], ['excess loss', (run) => figures(excess(run), 4)], ['pruning s', (run) => figures(run.seconds, 3)],
  ['measuring s', (run) => figures(run.measuring_seconds, 3)], ['tensors', (run) => bytes(run.peak_bytes)]];
if (several('after')) columns.splice(6, 0, ['after', (run) => run.after]);
if (runs.some((run) => run.choices)) {
  columns.splice(columns.findIndex(([title]) => title === 'pruning s'), 0,
    ['accuracy', (run) => (run.choices ? percent(run.choices.accuracy) : '')], ['length-normalised', (run) => (run.choices ? percent(run.choices.normalised_accuracy) : '')]);
}
if (others.some((run) => run.failure)) columns.push(['failure', (run) => (run.failure ? run.failure.reason : '')]);
section('All runs', null, table(columns.map(([title]) => title), runs.map((run) => columns.map(([, of]) => of(run))), columns.some(([title]) => title === 'failure') ? [columns.length - 1] : []),
  element('p', { class: 'soft' }, 'The same numbers: ', element('a', { href: 'compare.csv' }, 'compare.csv'), ', ', element('a', { href: 'compare.json' }, 'compare.json'), '.'));
