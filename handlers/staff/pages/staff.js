/* The console in the browser: hears what is new, and opens cases by keys. All works without it. */
(function () {
  'use strict';
  var SILENCE = 40000;          // the server says something every 15 seconds
  var LONGEST_PAUSE = 60000;
  var here = document.currentScript;
  var keys = here && here.getAttribute('data-keys') === 'on';
  var live = document.getElementById('live');
  var stream = null, pause = 0, retry = null, heardAt = 0, last = '', over = false;

  function all(selector) { return Array.prototype.slice.call(document.querySelectorAll(selector)); }

  function show(element, yes) { if (element) { element.hidden = !yes; } }

  // What is new

  function say(text) {
    live.querySelector('span').textContent = text;
    show(live.querySelector('a'), !!text);
    live.classList.toggle('rung', !!text);
  }

  /* What may not be seen any more leaves the list; whoever stood there stands at its neighbour. */
  function takeAway(number) {
    var link = document.querySelector('.cases h2 a[href="/staff/cases/' + number + '"]');
    var row = link && link.closest('li');
    if (!row) { return; }
    var beside = row.nextElementSibling || row.previousElementSibling;
    var to = row.contains(document.activeElement) &&
      (beside ? beside.querySelector('h2 a') : document.getElementById('main'));
    row.parentNode.removeChild(row);
    if (to) { to.focus(); }
  }

  function listen() {
    clearTimeout(retry);
    if (stream || over || document.hidden || !window.EventSource) { return; }
    stream = new EventSource(live.getAttribute('data-live') + (last ? '&last=' + last : ''));
    heardAt = Date.now();
    on('news', function (event) { last = event.lastEventId; say(event.data); });
    on('beside', function (event) { document.getElementById('beside').textContent = event.data; });
    on('gone', function (event) { event.data.split('.').forEach(takeAway); });
    on('beat', function () { });
    on('over', function () { over = true; hangUp(); say(live.getAttribute('data-over')); });
    on('rest', function () { hangUp(); });
    stream.onopen = function () { heardAt = Date.now(); pause = 0; };
    stream.onerror = function () {
      if (stream && stream.readyState === EventSource.CLOSED) { again(); }
    };
  }

  function on(name, then) {
    stream.addEventListener(name, function (event) { heardAt = Date.now(); then(event); });
  }

  function hangUp() {
    if (stream) { stream.close(); stream = null; }
  }

  /* A browser tries again by itself when a connection breaks, but not when it was refused, as by a
     proxy whose server starts anew. */
  function again() {
    hangUp();
    pause = Math.min(LONGEST_PAUSE, pause ? pause * 2 : 2000);
    retry = setTimeout(listen, pause);
  }

  if (live) {
    listen();
    setInterval(function () {
      if (stream && stream.readyState === EventSource.OPEN && Date.now() - heardAt > SILENCE) {
        again();
      }
    }, 5000);
    document.addEventListener('visibilitychange', function () {
      if (document.hidden) { hangUp(); } else { listen(); }
    });
    window.addEventListener('online', function () { pause = 0; hangUp(); listen(); });
    window.addEventListener('pagehide', hangUp);
    window.addEventListener('pageshow', function (event) { if (event.persisted) { listen(); } });
  }

  // Keys

  function typing(element) {
    return element.isContentEditable || /^(textarea|select)$/i.test(element.tagName) ||
      (/^input$/i.test(element.tagName) && !/^(checkbox|radio|button|submit)$/i.test(element.type));
  }

  function rows() { return all('.cases h2 a'); }

  function current() {
    var row = document.activeElement && document.activeElement.closest('.cases li');
    return row ? row.querySelector('h2 a') : null;
  }

  function step(by) {
    var links = rows(), at = links.indexOf(current());
    var next = at < 0 ? links[0] : links[at + by];
    if (next) { next.focus(); }
    return !!links.length;
  }

  function unfold(id) {
    var details = document.getElementById(id);
    if (!details) { return null; }
    details.hidden = false;
    details.open = true;
    return details;
  }

  function write(details) {
    var box = details && (details.querySelector('textarea') ||
      details.querySelector('input[type=search]') || details.querySelector('summary'));
    if (box) { box.focus(); }
    return !!box;
  }

  var DOES = {
    j: function () { return step(1); },
    k: function () { return step(-1); },
    o: function () { var link = current(); if (link) { link.click(); } return !!link; },
    x: function () {
      var link = current(), tick = link && link.closest('li').querySelector('input[type=checkbox]');
      if (tick) { tick.click(); }
      return !!tick;
    },
    r: function () {
      var link = current();
      if (link) { location.href = link.href + '#write'; return true; }
      return write(unfold('reply'));
    },
    '/': function () { return write(unfold('search')); },
    '?': function () { return write(unfold('keys')); }
  };

  if (keys) {
    show(document.getElementById('keys'), true);
    // No element has this id: the browser would take the focus to it after us.
    if (location.hash === '#write') { write(unfold('reply')); }
    document.addEventListener('keydown', function (event) {
      var does = DOES.hasOwnProperty(event.key) && DOES[event.key];
      if (!does || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey ||
          event.isComposing || typing(event.target)) { return; }
      if (does()) { event.preventDefault(); }
    });
  }
}());
