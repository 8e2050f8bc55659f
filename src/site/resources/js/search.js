'use strict';
// A search over all pages, without a server: the index is a file beside this one.
document.addEventListener('DOMContentLoaded', () => {
  const box = document.createElement('form');
  box.className = 'site-search';
  box.setAttribute('role', 'search');
  box.addEventListener('submit', (event) => event.preventDefault());
  const input = document.createElement('input');
  input.type = 'search';
  input.placeholder = 'Search these pages';
  input.setAttribute('aria-label', 'Search these pages');
  const list = document.createElement('ol');
  list.setAttribute('aria-live', 'polite');
  list.hidden = true;
  box.append(input, list);
  (document.querySelector('#bodyColumn') || document.body).prepend(box);
  const fuse = new Fuse(SEARCH_INDEX, {
    keys: [{ name: 'title', weight: 3 }, { name: 'text', weight: 1 }],
    ignoreLocation: true, threshold: 0.25, minMatchCharLength: 2, useExtendedSearch: true,
  });
  const show = () => {
    const words = input.value.trim();
    // Of each word alone: all must be there, in any order.
    const found = words.length < 2 ? [] : fuse.search(words).slice(0, 12);
    list.replaceChildren(...found.map(({ item }) => {
      const line = document.createElement('li');
      const link = document.createElement('a');
      link.href = item.address;
      link.textContent = item.title;
      const page = document.createElement('span');
      page.textContent = ' ' + item.page;
      line.append(link, page);
      return line;
    }));
    if (words.length >= 2 && found.length === 0) {
      const line = document.createElement('li');
      line.textContent = 'Nothing found.';
      list.append(line);
    }
    list.hidden = words.length < 2;
  };
  input.addEventListener('input', show);
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && list.querySelector('a')) window.location.href = list.querySelector('a').href;
    if (event.key === 'Escape') { input.value = ''; show(); }
  });
});
