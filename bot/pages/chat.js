/* The web chat in the browser: sends, hears and keeps what is unsent. Written for old phones:
   ES5, no build. Without it the page works by forms. */
(function () {
  'use strict';
  if (!document.addEventListener || !window.JSON || !window.XMLHttpRequest) { return; }

  var KEPT = 'loaban.unsent.';
  var SILENCE = 40000;        // the server says something every 15 seconds
  var LONGEST_PAUSE = 60000;
  var TOGETHER = 5000;        // messages that follow so soon are one answer: it is read from its first
  var body = document.body;
  var words = JSON.parse(body.getAttribute('data-texts'));
  var after = Number(body.getAttribute('data-after'));
  var log = byId('log'), form = byId('say'), box = byId('write'), state = byId('state');
  var waiting = byId('waiting'), late = byId('late'), down = byId('down'), menu = byId('menu');
  var unsent = [];            // messages that the server has not taken yet, in order
  var strange = 0;            // own lines heard that were matched with no message on its way
  var busy = false, pause = 0, retry = null;
  var from = null, fromAt = 0;  // where the last answer is read from, and when its last part came
  var stream = null, streamPause = 0, reconnect = null, heardAt = 0, polls = null;
  var talks = !!log.querySelector('[data-key]:not([data-key="welcome"])');

  function byId(id) { return document.getElementById(id); }

  function make(tag, name, text) {
    var el = document.createElement(tag);
    if (name) { el.className = name; }
    if (text) { el.appendChild(document.createTextNode(text)); }
    return el;
  }

  function show(el, yes) { el.hidden = !yes; if (yes) { el.removeAttribute('hidden'); } else { el.setAttribute('hidden', ''); } }

  function all(selector, inside) { return Array.prototype.slice.call((inside || log).querySelectorAll(selector)); }

  function say(text) {
    var end = window.innerHeight + window.pageYOffset >= height() - 8;
    if (state.textContent !== text) { state.textContent = text; }
    show(state, !!text);
    if (end) { window.scrollTo(0, height()); }
  }

  // Showing lines

  function lineOf(key) {
    return log.querySelector('[data-key="' + key.replace(/[^A-Za-z0-9_-]/g, '') + '"]');
  }

  function build(line) {
    var el = make('div', 'line ' + (line.mine ? 'mine' : 'ours')), bubble = make('div', 'bubble');
    var text = make('div', 'words'), foot = make('div', 'foot'), time = make('time', '', line.time);
    if (line.key) { el.setAttribute('data-key', line.key); }
    bubble.appendChild(make('span', 'unseen', line.mine ? words.you : words.says));
    (line.media || []).forEach(function (m) {
      if (m[0] !== 'image') { return; }
      var picture = make('img', 'picture');
      picture.alt = m[2];
      picture.src = m[1];
      bubble.appendChild(picture);
    });
    line.rows.forEach(function (row) {
      var p = make('p', row[0]);
      row[1].forEach(function (piece) {
        if (typeof piece === 'string') { p.appendChild(document.createTextNode(piece)); return; }
        var link = make('a', '', piece[0]);
        if (/^(tel:|https?:)/.test(piece[1])) { link.href = piece[1]; }
        p.appendChild(link);
      });
      text.appendChild(p);
    });
    bubble.appendChild(text);
    (line.media || []).forEach(function (m) {
      if (m[0] !== 'audio') { return; }
      var sound = make('audio', 'sound');
      sound.controls = true;
      sound.preload = 'none';
      sound.setAttribute('aria-label', words.audio + ' ' + m[2]);
      sound.src = m[1];
      bubble.appendChild(sound);
    });
    el.appendChild(bubble);
    if (line.at) { time.setAttribute('datetime', line.at); }
    foot.appendChild(time);
    el.appendChild(foot);
    if (line.buttons && line.buttons.length) {
      var choices = make('div', 'choices');
      line.buttons.forEach(function (b) {
        var button = make('button', b[2] ? 'short' : '', b[0]);
        button.type = 'button';
        button.name = 'action';
        button.value = b[1];
        choices.appendChild(button);
      });
      el.appendChild(choices);
    }
    return el;
  }

  /* Lines come in the order of the talk, some of them only by key: walking from the last to the
     first, each is put before the one that follows it, so the page has the order of the talk. */
  function take(news) {
    var stay = !atBottom(), next = log.querySelector('.unsent'), first = null, answered = false;
    for (var i = news.lines.length - 1; i >= 0; i--) {
      var line = news.lines[i], el = lineOf(line.key);
      if (!el && line.rows) {
        if (line.mine) { settle(line); }
        if (!next || next.parentNode !== log) { next = log.querySelector('.unsent'); }
        el = build(line);
        log.insertBefore(el, next);
        hearable(el);
        if (!line.mine) { first = el; answered = true; }
        talks = true;
      }
      if (el) { next = el; }
    }
    after = Math.max(after, news.cursor || 0);
    if (!answered) { return; }
    var welcome = lineOf('welcome');
    if (welcome) { log.removeChild(welcome); }
    renew();
    var lines = all('.line'), last = lines[lines.length - 1];
    if (/\bours\b/.test(last.className)) { show(waiting, false); show(late, false); stopPolls(); }
    if (stay) { show(down, true); return; }
    var now = new Date().getTime();
    if (!from || now - fromAt > TOGETHER || from.parentNode !== log) { from = beginning(first); }
    fromAt = now;
    showFrom(from);
  }

  /* Where to read from: the first new line of ours, or the question that it answers. */
  function beginning(first) {
    var lines = all('.line'), asked = all('.mine').pop(), at = lines.indexOf(asked);
    if (!asked || at < lines.indexOf(first) - 1) { return first; }
    return asked.offsetHeight < window.innerHeight / 3 || at === lines.length - 1 ? asked : lines[at + 1];
  }

  /* An own line came back: it takes the place of the message that was shown meanwhile. */
  function settle(line) {
    var mine = all('.unsent'), match = null;
    mine.forEach(function (el) {
      if (!match && el.getAttribute('data-said') === line.said) { match = el; }
    });
    mine.forEach(function (el) {
      if (!match && el.getAttribute('data-taken')) { match = el; }
    });
    if (match) { log.removeChild(match); } else if (mine.length) { strange += 1; }
    if (!log.querySelector('.unsent')) { strange = 0; }
  }

  function renew() {
    all('.newest').forEach(function (el) { el.className = el.className.replace(' newest', ''); });
    var ours = all('.ours');
    if (ours.length) { ours[ours.length - 1].className += ' newest'; }
  }

  // Scrolling: to the end, but never past the beginning of what is new

  function height() { return document.documentElement.scrollHeight; }
  function atBottom() { return window.innerHeight + window.pageYOffset >= height() - 120; }

  function showFrom(el) {
    var top = 0, bar = document.querySelector('.top');
    if (el) { top = el.getBoundingClientRect().top + window.pageYOffset - bar.offsetHeight - 8; }
    window.scrollTo(0, el ? Math.min(top, height()) : height());
  }

  // Sending

  function newId() {
    var id = '', i, bytes;
    if (window.crypto && crypto.getRandomValues && window.Uint8Array) {
      bytes = crypto.getRandomValues(new Uint8Array(12));
      for (i = 0; i < bytes.length; i++) { id += ('0' + bytes[i].toString(16)).slice(-2); }
      return id;
    }
    return new Date().getTime().toString(36) + Math.random().toString(36).slice(2, 12) + '00000000';
  }

  function keep(message) { try { localStorage.setItem(KEPT + message.id, JSON.stringify(message)); } catch (e) { /* full or forbidden */ } }
  function forget(id) { try { localStorage.removeItem(KEPT + id); } catch (e) { /* forbidden */ } }

  function kept() {
    var found = [], i, key;
    try {
      for (i = 0; i < localStorage.length; i++) {
        key = localStorage.key(i);
        if (key.indexOf(KEPT) === 0) { found.push(JSON.parse(localStorage.getItem(key))); }
      }
    } catch (e) { /* forbidden or broken: what was not kept cannot be sent */ }
    return found.sort(function (a, b) { return a.at - b.at; });
  }

  function put(message) {
    var said = message.label || message.text;
    var rows = said.split('\n').map(function (row) { return ['', [row]]; });
    var el = build({ mine: true, rows: rows, time: words.sending });
    el.className += ' unsent';
    el.setAttribute('data-said', message.text || said.replace(/^[0-9]\. /, ''));
    el.setAttribute('data-id', message.id);
    log.appendChild(el);
    unsent.push(message);
    return el;
  }

  function send(message) {
    message.id = newId();
    message.at = new Date().getTime();
    message.unit = form.elements.unit.value;
    keep(message);
    put(message);
    show(late, false);
    showFrom(null);
    pause = 0;
    pump();
  }

  function mark(id, text) {
    var el = log.querySelector('.unsent[data-id="' + id + '"]');
    if (el) { el.querySelector('time').textContent = text; }
    return el;
  }

  function pump() {
    if (busy || !unsent.length) { return; }
    clearTimeout(retry);
    busy = true;
    var message = unsent[0], ask = new XMLHttpRequest(), done = false;
    var fields = { id: message.id, unit: message.unit || '' };
    if (message.action) { fields.action = message.action; } else { fields.text = message.text; }
    mark(message.id, words.sending);
    ask.open('POST', '/chat');
    ask.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
    ask.setRequestHeader('Accept', 'application/json');
    ask.timeout = 20000;
    ask.onreadystatechange = function () {
      if (ask.readyState !== 4 || done) { return; }
      done = true;
      busy = false;
      var answer = null;
      try { answer = JSON.parse(ask.responseText); } catch (e) { /* not our server: try again */ }
      if (ask.status === 200 && answer && 'stored' in answer) {
        taken(message, answer.stored);
      } else if (ask.status >= 400 && ask.status < 500 && answer && answer.error) {
        refused(message, answer);
      } else {
        pause = Math.min(LONGEST_PAUSE, pause ? pause * 2 : 1500);
        retry = setTimeout(pump, pause);
        unsent.forEach(function (m) { mark(m.id, words.unsent); });
        tellState();
      }
    };
    ask.send(Object.keys(fields).map(function (name) {
      return name + '=' + encodeURIComponent(fields[name]);
    }).join('&'));
  }

  function taken(message, stored) {
    forget(message.id);
    unsent.shift();
    pause = 0;
    talks = true;
    form.elements.unit.value = '';
    try { sessionStorage.removeItem(KEPT + 'fresh'); } catch (e) { /* forbidden */ }
    var el = mark(message.id, words.sent);
    if (el && (!stored || strange > 0)) {
      log.removeChild(el);
      strange = Math.max(0, strange - 1);
    } else if (el) {
      el.setAttribute('data-taken', '1');
    }
    var lines = all('.line');
    if (/\bmine\b/.test(lines[lines.length - 1].className)) {
      var end = atBottom();
      show(waiting, true);
      if (end) { showFrom(null); }
    }
    tellState();
    connect();
    clearTimeout(polls);
    polls = null;
    poll(1500);
    pump();
  }

  function refused(message, answer) {
    var el = mark(message.id, words.unsent), again = true;
    if (answer.code === 'web.error.cookie') {
      // The conversation's key is gone from this phone: opening the page makes a new one.
      try {
        again = !sessionStorage.getItem(KEPT + 'fresh');
        sessionStorage.setItem(KEPT + 'fresh', '1');
        if (again) { location.reload(); return; }
      } catch (e) { /* no storage, no second try */ }
    }
    forget(message.id);
    unsent.shift();
    if (el) { log.removeChild(el); }
    if (message.text && !box.value) { box.value = message.text; grow(); }
    say(answer.error);
    pump();
  }

  function tellState() {
    var cut = navigator.onLine === false || pause > 0 || streamPause > 2000;
    say(!cut ? '' : unsent.length ? words.offline : words.lost);
  }

  // Hearing

  function connect() {
    if (!talks || stream) { return; }
    if (!window.EventSource) { poll(5000); return; }
    clearTimeout(reconnect);
    var source = new EventSource('/chat/stream?after=' + after);
    stream = source;
    heardAt = new Date().getTime();
    function alive() {
      heardAt = new Date().getTime();
      if (streamPause) { streamPause = 0; tellState(); }
    }
    source.onopen = alive;
    source.addEventListener('beat', alive);
    source.onmessage = function (event) {
      alive();
      var news;
      try { news = JSON.parse(event.data); } catch (e) { return; }
      take(news);
    };
    source.onerror = function () { if (stream === source) { again(); } };
  }

  function again() {
    if (stream) { stream.close(); stream = null; }
    streamPause = Math.min(LONGEST_PAUSE, streamPause ? streamPause * 2 : 1000 + Math.random() * 500);
    clearTimeout(reconnect);
    reconnect = setTimeout(connect, streamPause);
    tellState();
  }

  function now() {
    pause = 0;
    streamPause = 0;
    if (stream) { stream.close(); stream = null; }
    tellState();
    connect();
    pump();
  }

  /* Some networks hold a stream back, some phones have none: ask, at growing distances, until the
     answer is there. */
  function poll(wait) {
    if (polls) { return; }
    polls = setTimeout(function () {
      var ask = new XMLHttpRequest();
      ask.open('GET', '/chat/messages?after=' + after);
      ask.setRequestHeader('Accept', 'application/json');
      ask.timeout = 20000;
      ask.onreadystatechange = function () {
        if (ask.readyState !== 4) { return; }
        var expecting = !waiting.hidden;
        polls = null;
        if (ask.status === 200) { try { take(JSON.parse(ask.responseText)); } catch (e) { /* next time */ } }
        if (expecting && !waiting.hidden && wait >= 20000) { show(waiting, false); show(late, true); }
        if (!waiting.hidden || !window.EventSource) { poll(Math.min(30000, wait * 2)); }
      };
      ask.send();
    }, wait);
  }

  function stopPolls() { if (window.EventSource) { clearTimeout(polls); polls = null; } }

  // Reading aloud, where the phone has a Vietnamese voice

  var speech = window.speechSynthesis, voice = null, speaking = null;

  function findVoice() {
    if (!speech || !window.SpeechSynthesisUtterance || voice) { return; }
    (speech.getVoices() || []).forEach(function (v) { if (!voice && /^vi\b/i.test(v.lang)) { voice = v; } });
    if (voice) { all('.ours').forEach(hearable); }
  }

  function hearable(el) {
    var foot = el.querySelector('.foot');
    if (!voice || !foot || !/\bours\b/.test(el.className) || foot.querySelector('button')) { return; }
    var button = make('button', 'hear', words.listen);
    button.type = 'button';
    foot.insertBefore(button, foot.firstChild);
  }

  function hush() {
    if (speaking) { speaking.className = 'hear'; speaking.textContent = words.listen; }
    speaking = null;
    speech.cancel();
  }

  function read(button) {
    var was = speaking;
    hush();
    if (was === button) { return; }
    var rows = all('.words p', button.parentNode.parentNode), parts = [];
    // Some phones stop after fifteen seconds of one piece, so a sentence at a time.
    rows.forEach(function (row) {
      parts = parts.concat(row.textContent.replace(/([.!?…]) /g, '$1\n').split('\n'));
    });
    speaking = button;
    button.className = 'hear on';
    button.textContent = words.stop;
    parts.forEach(function (part, i) {
      var spoken = new SpeechSynthesisUtterance(part);
      spoken.lang = voice.lang;
      spoken.voice = voice;
      spoken.rate = 0.9;
      if (i === parts.length - 1) { spoken.onend = function () { if (speaking === button) { hush(); } }; }
      speech.speak(spoken);
    });
  }

  if (speech) {
    findVoice();
    speech.onvoiceschanged = findVoice;
  }

  // What people do

  function grow() {
    box.style.height = 'auto';
    box.style.height = Math.min(box.scrollHeight + 4, 144) + 'px';
  }

  form.addEventListener('submit', function (event) {
    event.preventDefault();
    var text = box.value.replace(/^\s+|\s+$/g, '');
    if (!text) { say(words.empty); box.focus(); return; }
    say('');
    box.value = '';
    grow();
    send({ text: text });
  });

  box.addEventListener('input', grow);
  box.addEventListener('keydown', function (event) {
    // Enter also ends a word in keyboards for Vietnamese: then it is not meant for us.
    if (event.keyCode !== 13 || event.shiftKey || event.isComposing) { return; }
    event.preventDefault();
    form.querySelector('.send').click();
  });

  var tapped = '', tappedAt = 0;
  log.addEventListener('click', function (event) {
    var button = event.target;
    if (button.tagName !== 'BUTTON') { return; }
    if (button.className.indexOf('hear') === 0) { read(button); return; }
    if (button.name !== 'action') { return; }
    event.preventDefault();
    var time = new Date().getTime();
    // The browser knows a double tap also where a slow phone gets to the second one late.
    if (button.value === tapped && (event.detail > 1 || time - tappedAt < 1000)) { return; }
    tapped = button.value;
    tappedAt = time;
    send({ action: button.value, label: button.textContent });
  });

  byId('leave').addEventListener('submit', function (event) {
    if (!window.confirm(words.leave_sure)) { event.preventDefault(); return; }
    kept().forEach(function (message) { forget(message.id); });
    unsent = [];
  });

  document.addEventListener('click', function (event) {
    if (menu.open && !menu.contains(event.target)) { menu.open = false; }
  });
  document.addEventListener('keydown', function (event) {
    if (event.keyCode === 27 && menu.open) { menu.open = false; menu.querySelector('summary').focus(); }
  });

  down.addEventListener('click', function () { show(down, false); showFrom(log.querySelector('.newest')); });
  window.addEventListener('scroll', function () { if (atBottom()) { show(down, false); } });
  window.addEventListener('online', now);
  window.addEventListener('offline', function () { if (stream) { again(); } tellState(); });
  window.addEventListener('pageshow', function (event) { if (event.persisted) { location.reload(); } });
  window.addEventListener('pagehide', function () { if (stream) { stream.close(); stream = null; } if (speech) { speech.cancel(); } });
  document.addEventListener('visibilitychange', function () {
    if (!document.hidden && talks && (!stream || new Date().getTime() - heardAt > 20000)) { now(); }
  });
  setInterval(function () {
    if (stream && new Date().getTime() - heardAt > SILENCE) { again(); }
  }, 5000);

  all('button[name=action]').forEach(function (button) { button.type = 'button'; });
  kept().forEach(function (message) { put(message); });
  grow();
  if (talks || unsent.length) { showFrom(null); }
  var asked = byId('cuoi');
  if (asked && !unsent.length && asked.getBoundingClientRect().top < 60) { showFrom(asked); }
  if (!waiting.hidden) { poll(2000); }
  connect();
  pump();
})();
