'use strict';
(() => {
  const KEY = 'edgeserve.key', NAME = 'edgeserve.name';
  const $ = id => document.getElementById(id);
  const show = (id, on) => { $(id).hidden = !on; };

  // Nothing is read, kept or sent where somebody could listen.
  if (!window.isSecureContext) {
    show('insecure', true);
    $('form').remove();
    return;
  }

  const code = $('code'), said = $('said'), button = $('form').querySelector('button');
  const say = what => { for (const p of said.children) p.hidden = p.dataset.m !== what; };

  const kept = name => { try { return localStorage.getItem(name); } catch { return null; } };
  const keep = (key, name) => {
    try {
      localStorage.setItem(KEY, key);
      localStorage.setItem(NAME, name);
      return localStorage.getItem(KEY) === key;
    } catch { return false; }
  };

  const models = async key => {
    const answer = await fetch('v2/models', { headers: { Authorization: 'Bearer ' + key }, credentials: 'omit', redirect: 'error', cache: 'no-store' });
    return answer.ok ? (await answer.json()).models : answer.status === 401 ? null : [];
  };

  const pair = async () => {
    const answer = await fetch('edge/v1/pair', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, credentials: 'omit', redirect: 'error', cache: 'no-store',
      body: JSON.stringify({ code: code.value, name: $('name').value }),
    });
    const body = await answer.json();
    if (!answer.ok) {
      say([...said.children].some(p => p.dataset.m === body.code) ? body.code : 'Failed');
      return;
    }
    const stored = keep(body.key, body.name);
    code.value = '';
    show('form', false);
    show('has', false);
    show('kept', stored);
    show('unkept', !stored);
    $('details').open = !stored;
    $('key').textContent = body.key;
    $('as').textContent = body.name;
    show('paired', true);
    const usable = await models(body.key);
    if (usable) {
      $('models').textContent = usable.join(', ');
      show('works', usable.length > 0);
    }
  };

  $('form').addEventListener('submit', async event => {
    event.preventDefault();
    say('');
    button.disabled = true;
    try { await pair(); } catch { say('Failed'); }
    button.disabled = false;
  });

  // The code of a QR code stays out of the address bar, the history and what is shared.
  const take = () => {
    const given = decodeURIComponent(location.hash.slice(1));
    if (!given) return;
    history.replaceState(null, '', location.pathname + location.search);
    code.value = given.replace(/(.{4})(?=.)/g, '$1-');
    $('name').focus();
  };
  window.addEventListener('hashchange', take);
  take();
  $('other').addEventListener('click', () => { $('other').hash = code.value; });

  // Paired before? Then it is said, if the key still works.
  const old = kept(KEY);
  if (old) {
    models(old).then(usable => {
      if (!usable || !$('paired').hidden) return;
      $('who').textContent = kept(NAME) || '';
      show('has', true);
      show('form', code.value !== '');
    }, () => { });
  }
  $('again').addEventListener('click', () => { show('has', false); show('form', true); });
})();
