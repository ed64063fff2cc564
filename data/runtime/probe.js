// The twin's hands and eyes, in the private world after world.js and names.js: finds controls as a person does, reads what is visible, compares pictures.
// Every function answers plain data; the checker (checker.c) decides what it means.
'use strict';
const TEXT_MAX = 20000, NODES_MAX = 20000, THUMB = 96, INPUT_MS = 600, QUIET_MS = 400, ROW_MS = 1000, SHOWED_MAX = 400;
const CONTROLS = 'button, a[href], input, select, textarea, summary, label, [role=button], [role=tab], [role=menuitem], [role=checkbox],' +
    '[role=switch], [role=radio], [role=option], [role=link], [onclick], [tabindex], [contenteditable=""], [contenteditable=true]';

const fold = (text) => String(text).normalize('NFKC').toLowerCase().replace(/[\u2212\u2013]/g, '-').replace(/\s+/g, ' ').trim();
const bare = (text) => fold(text).replace(/[^\p{L}\p{N}+\-×÷=%#.,:/*]+/gu, ' ').trim();

// ---- what a person reads ----

const SILENT = new Set(['SCRIPT', 'STYLE', 'TEMPLATE', 'NOSCRIPT', 'HEAD', 'OPTION', 'DATALIST', 'TEXTAREA']);

function valueOf(element) {
    if (element.tagName === 'SELECT')
        return [...element.selectedOptions].map((option) => option.text).join(' ');
    if (element.tagName === 'TEXTAREA')
        return element.value;
    if (element.tagName === 'INPUT' && !/^(hidden|checkbox|radio|password|file|image|color)$/.test(element.type))
        return element.value;
    return '';
}

// What the check itself typed into a field is not something the page shows.
const typedBy = new WeakMap();

function readInto(node, out, count) {
    for (let child = node.firstChild; child && out.length < TEXT_MAX && count.left-- > 0; child = child.nextSibling) {
        if (child.nodeType === Node.TEXT_NODE) {
            out.text += child.data;
        } else if (child.nodeType === Node.ELEMENT_NODE) {
            const value = valueOf(child);
            if (SILENT.has(child.tagName) && !value)
                continue;
            const style = getComputedStyle(child);
            if (style.display === 'none' || style.visibility !== 'visible' && !child.children.length || +style.opacity === 0 || child.tagName === 'BR') {
                out.text += '\n';
                continue;
            }
            const apart = !/^(inline|contents)$/.test(style.display) || child.tagName === 'TD' ? '\n' : '';
            out.text += apart;
            if (value)
                out.text += typedBy.get(child) === value ? '' : ' ' + value + ' ';
            else if (style.display === 'contents' || visible(child) || child.children.length)
                readInto(child.shadowRoot || child, out, count);
            out.text += apart;
        }
    }
}

function readable(root) {
    const out = { text: '', get length() { return this.text.length; } };
    const value = root && root.nodeType === Node.ELEMENT_NODE ? valueOf(root) : '';
    if (value)
        return value;
    if (root)
        readInto(root, out, { left: NODES_MAX });
    return out.text.replace(/[^\S\n]+/g, ' ').replace(/ ?\n[\s]*/g, '\n').trim();
}

// ---- names ----

// How well a control answers to a name: 0 not at all, more is better.
function match(element, name) {
    const wanted = fold(name), plain = bare(name);
    let best = 0;
    namesOf(element).forEach((candidate, place) => {
        const own = fold(candidate), ownPlain = bare(candidate);
        let score = 0;
        if (own === wanted)
            score = 100;
        else if (plain && ownPlain === plain)
            score = 90;
        else if (plain && own.length <= 200 && (' ' + ownPlain + ' ').includes(' ' + plain + ' '))
            score = 60 - Math.min(40, ownPlain.length - plain.length);
        best = Math.max(best, score - Math.min(place, 9) / 10);
    });
    return best;
}

function bestOf(elements, name) {
    let best = null, bestScore = 0;
    for (const element of elements) {
        let score = match(element, name);
        if (score <= 0)
            continue;
        if (!visible(element))
            score -= 200;
        if (element.disabled)
            score -= 20;
        if (element.tagName === 'LABEL')
            score -= 5;
        if (!best || score > bestScore) {
            best = element;
            bestScore = score;
        }
    }
    return best;
}

function smallestWithText(name) {
    const wanted = bare(name) || fold(name);
    let best = null;
    for (const element of document.body.querySelectorAll('*')) {
        if (!SILENT.has(element.tagName) && visible(element) && (bare(element.innerText || '') || fold(element.innerText || '')) === wanted)
            best = element;
    }
    return best;
}

function canvasNamed(name) {
    if (fold(name) !== 'canvas')
        return null;
    return [...document.querySelectorAll('canvas')].find(visible) || document.querySelector('canvas');
}

function control(name, selector) {
    const found = canvasNamed(name) || bestOf(document.querySelectorAll(selector), name);
    return found && found.tagName === 'LABEL' && found.control ? found.control : found || (selector === CONTROLS ? smallestWithText(name) : null);
}

// A part of the page: a field, a labelled region, the part under a heading, or what carries exactly that text.
function region(name) {
    if (fold(name) === 'page')
        return document.body;
    const field = canvasNamed(name) || bestOf(document.querySelectorAll(FIELDS + ', output, progress, meter'), name);
    if (field)
        return field;
    const labelled = bestOf(document.querySelectorAll('[aria-label], [aria-labelledby], [id], fieldset, table'), name);
    const heading = bestOf(document.querySelectorAll('h1, h2, h3, h4, h5, h6, legend, caption, th, dt, summary'), name);
    if (heading && visible(heading) && (!labelled || match(heading, name) > match(labelled, name)))
        return heading.matches('dt') ? heading.nextElementSibling || heading.parentElement : heading.parentElement;
    return labelled || smallestWithText(name);
}

const named = (element) => (namesOf(element)[0] || element.tagName).replace(/\s+/g, ' ').trim().slice(0, 80);

// ---- seeing ----

function escaped(text) {
    return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

// A figure is only seen whole: "5" is not seen in "25:00" or in "5.4".
function holds(text, wanted) {
    const inner = fold(wanted);
    if (!inner)
        return false;
    const before = /^[\d.,]/.test(inner) ? '(?<![\\d])(?<!\\d[.,:])' : '';
    const after = /\d$/.test(inner) ? '(?![\\d])(?![.,:]\\d)' : '';
    return new RegExp(before + escaped(inner) + after, 'u').test(fold(text));
}

function see(text, where) {
    const root = where ? region(where) : document.body;
    if (where && !root)
        return { ok: false, missing: where };
    const words = readable(root);
    return { ok: holds(words, text), saw: words.slice(0, 400) };
}

const ROLES = {
    button: 'button, [role=button], input[type=button], input[type=submit]', link: 'a[href], [role=link]', row: 'tbody tr, [role=row]',
    cell: 'td, [role=cell], [role=gridcell]', heading: 'h1, h2, h3, h4, h5, h6, [role=heading]', listitem: 'li, [role=listitem]', 'list item': 'li, [role=listitem]',
    image: 'img, svg, [role=img]', img: 'img, svg, [role=img]', checkbox: 'input[type=checkbox], [role=checkbox]', radio: 'input[type=radio], [role=radio]',
    textbox: 'input:not([type]), input[type=text], textarea, [role=textbox]', canvas: 'canvas', table: 'table', option: 'option, [role=option]',
};

function count(name) {
    const role = fold(name).replace(/s$/, '');
    const selector = Object.hasOwn(ROLES, fold(name)) ? ROLES[fold(name)] : Object.hasOwn(ROLES, role) ? ROLES[role] : null;
    if (selector)
        return { n: [...document.querySelectorAll(selector)].filter((element) => element.tagName === 'OPTION' || visible(element)).length };
    const wanted = bare(name) || fold(name);
    const hits = [...document.body.querySelectorAll('*')].filter((element) => !SILENT.has(element.tagName) && visible(element) &&
        ((bare(element.innerText || '') || fold(element.innerText || '')) === wanted || fold(element.getAttribute('aria-label') || '') === fold(name)));
    return { n: hits.filter((element) => !hits.some((other) => other !== element && element.contains(other))).length };
}

// ---- comparing: looks are compared as they are; to count them up letter by letter would take longer than anything else here ----

function pictureOf(canvas) {
    if (!canvas.width || !canvas.height)
        return '';
    const thumb = new OffscreenCanvas(THUMB, THUMB), context = thumb.getContext('2d', { willReadFrequently: true });
    try {
        context.drawImage(canvas, 0, 0, THUMB, THUMB);
        return String.fromCharCode(...new Uint16Array(context.getImageData(0, 0, THUMB, THUMB).data.buffer));
    } catch (error) {
        return '';
    }
}

function look(element) {
    if (!element)
        return 'none';
    const canvases = [...(element.tagName === 'CANVAS' ? [element] : element.querySelectorAll('canvas'))].map(pictureOf);
    const fields = [...element.querySelectorAll('input, select, textarea, details, dialog')].map((field) =>
        [field.value, field.checked, field.open, field.disabled].join('/'));
    const style = element.nodeType === Node.ELEMENT_NODE ? getComputedStyle(element) : { transform: '', backgroundColor: '', color: '' };
    return [element.outerHTML, ...canvases, fields.join('|'), element.value ?? '', style.transform, style.backgroundColor, style.color].join(' ');
}

let watched = [], looked = {}, mutations = 0;
new MutationObserver((records) => { mutations += records.length; }).observe(document,
    { subtree: true, childList: true, characterData: true, attributes: true });

function mark() {
    looked = {};
    for (const name of watched)
        looked[name] = look(region(name));
}

const showed = () => readable(document.body).slice(0, SHOWED_MAX);

function changed(name) {
    const before = looked[name];
    if (before === undefined)
        return { ok: false, saw: 'nothing had acted before' };
    if (look(region(name)) === before)
        return { ok: false, saw: 'it looks the same as before' };
    return { ok: true, showed: showed() };
}

// ---- the clock ----

let questions = 0;
const asked = new Map();
kinds.clock = (message) => {
    asked.get(message.id)?.(message);
    asked.delete(message.id);
};

function ask(message) {
    return new Promise((resolve) => {
        const id = ++questions;
        asked.set(id, resolve);
        tell({ ...message, id });
    });
}

// The next task. A timer would do, but WebKit holds nested ones back for 4 ms each.
const tasks = new MessageChannel(), due = [];
tasks.port1.onmessage = () => due.shift()();

function soon(callback) {
    due.push(callback);
    tasks.port2.postMessage(0);
}

const turn = () => new Promise(soon);
let owed = 0; // milliseconds the clock is ahead

// Lets what an action set going happen: what is due now, one frame, and the tools' answers. The clock moves by a millisecond, which the next wait gives back,
// so that waits count from the last action.
async function settle() {
    await ask({ kind: 'advance', ms: 1 });
    owed += 1;
    const deadline = performance.now() + QUIET_MS;
    while (world.calls > 0 && performance.now() < deadline) {
        await turn();
        if (world.calls === 0)
            await ask({ kind: 'advance', ms: 1 });
    }
}

async function wait(seconds) {
    const ms = Math.max(0, seconds * 1000 - owed);
    owed = Math.max(0, owed - seconds * 1000);
    await ask({ kind: 'advance', ms });
    await turn();
    while (world.calls > 0)
        await settle();
}

// ---- acting ----

let arrived = () => {};
for (const type of ['mouseup', 'keyup']) {
    window.addEventListener(type, (event) => {
        if (event.isTrusted)
            soon(() => arrived(type));
    }, true);
}

let arrival = null;

function expect(type, times) {
    let left = times;
    arrival = new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), INPUT_MS);
        arrived = (kind) => {
            if (kind !== type || --left > 0)
                return;
            clearTimeout(timer);
            resolve(true);
        };
    });
}

async function activity() {
    const { active } = await ask({ kind: 'activity' });
    return [mutations, active, world.active, world.found, look(document.documentElement), location.href, scrollY].join(' ');
}

function place(element) {
    element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
    const box = [...element.getClientRects()].find((part) => part.width > 0 && part.height > 0) || element.getBoundingClientRect();
    const x = box.x + box.width / 2, y = box.y + box.height / 2;
    const hit = document.elementFromPoint(x, y);
    const label = hit && hit.closest('label');
    if (hit && (element.contains(hit) || hit.contains(element) || hit.shadowRoot || (label && label.control === element)))
        return { ok: true, x, y };
    return { ok: false, why: hit ? 'it is covered by ' + named(hit) : 'it lies outside the window' };
}

async function aim(name, selector, type) {
    const element = typeof name === 'string' ? control(name, selector) : name;
    if (!element)
        return { ok: false, why: 'no control is called ' + name, saw: readable(document.body).slice(0, 400) };
    if (!visible(element))
        return { ok: false, why: 'it is not visible' };
    if (element.disabled)
        return { ok: false, why: 'it is disabled' };
    const at = place(element);
    if (!at.ok)
        return at;
    mark();
    owed = 0;
    before = await activity();
    if (element.matches('select, input[type=date], input[type=time], input[type=datetime-local], input[type=color], input[type=file]')) {
        element.focus();
        return { ...await done(false), named: named(element) };
    }
    if (inert(element)) {
        element.focus();
        return { ok: true, alive: false, named: named(element) };
    }
    expect(type, 1);
    return { ...at, hands: true, named: named(element), offers: offers(element) };
}

// Whether a file may still come of acting on it: without the page's scripts only of a link or of a form that is sent.
function offers(element) {
    return boot.scripts || !!element && (!!element.closest('a[href], area[href], label') || !!element.form);
}

// Where the page's scripts are off, a plain button has nothing to do, and a real click would only cost time; unless a rule of style can tell it.
const TELLING = /:(hover|active|focus|target)[^{}]*\{[^{}]*(display|visib|opacity|content|height|width|clip|left|top|right|bottom|transform|position|font-size)/;
let telling;

function inert(element) {
    if (boot.scripts || element.tagName !== 'BUTTON' || (element.form && element.type !== 'button') ||
        element.matches('[popovertarget], [command], [commandfor]') || element.closest('a[href], summary, label, dialog'))
        return false;
    telling ??= !!document.querySelector('link[rel~=stylesheet]') || TELLING.test([...document.querySelectorAll('style')].map((one) => one.textContent).join('}'));
    return !telling;
}

let before = '';

// After an action: waits until the page has handled it, then says whether anything at all came of it.
async function done(real) {
    const handled = real ? await arrival : true;
    await settle();
    return { ok: handled !== false, alive: (await activity()) !== before };
}

const DIRECT = /^(date|time|datetime-local|month|week|range|color|number)$/;

function setValue(element, value) {
    const prototype = Object.getPrototypeOf(element);
    Object.getOwnPropertyDescriptor(prototype, 'value').set.call(element, value);
    element.dispatchEvent(new InputEvent('input', { bubbles: true }));
    element.dispatchEvent(new Event('change', { bubbles: true }));
}

// Readies a field for typing: focused by a real click before, its old content selected. A field that takes no typed text is set.
function ready(name, value, keys) {
    const element = control(name, FIELDS);
    if (!element)
        return { ok: false, why: 'no field is called ' + name };
    if (element.tagName === 'SELECT')
        return { ...chooseIn(element, value), hands: true };
    typedBy.set(element, value);
    element.focus();
    if (element.tagName === 'INPUT' && DIRECT.test(element.type)) {
        setValue(element, value);
        return { ok: element.value === value || +element.value === +value, hands: true, typed: true, why: 'the field does not take ' + value };
    }
    if (element.select)
        element.select();
    else
        getSelection().selectAllChildren(element);
    if (keys)
        expect('keyup', keys);
    return { ok: true, hands: true, typed: false };
}

function insert(value) {
    return { ok: document.execCommand(value === '' ? 'delete' : 'insertText', false, value) || value === '' };
}

function commit() {
    const element = document.activeElement;
    if (element && element.matches(FIELDS))
        element.dispatchEvent(new Event('change', { bubbles: true }));
}

function chooseIn(element, value) {
    const wanted = fold(value);
    const option = [...element.options].find((one) => fold(one.text) === wanted || fold(one.value) === wanted || fold(one.label) === wanted);
    if (!option)
        return { ok: false, why: 'there is no choice ' + value, saw: [...element.options].map((one) => one.text).join(', ').slice(0, 300) };
    setValue(element, option.value);
    return { ok: true, typed: true };
}

// A list is set; a radio button or check box is answered with the element that must still be pressed or is as wanted already.
async function choose(name, value) {
    mark();
    owed = 0;
    before = await activity();
    const chosen = chosenBy(name, value);
    if (chosen.ok && chosen.typed)
        return done(false);
    return chosen.ok ? { ...chosen, hands: true } : chosen;
}

function chosenBy(name, value) {
    const list = control(name, 'select');
    if (list)
        return chooseIn(list, value);
    const wanted = fold(value);
    const box = control(name, 'input[type=checkbox], [role=checkbox], [role=switch]');
    if (box && /^(on|off|true|false|yes|no)$/.test(wanted)) {
        const on = box.checked ?? box.getAttribute('aria-checked') === 'true';
        return { ok: true, typed: on === /^(on|true|yes)$/.test(wanted), press: name };
    }
    const radio = control(value, 'input[type=radio], [role=radio], [role=option], [role=tab], button');
    return radio ? { ok: true, typed: radio.checked === true, press: value } : { ok: false, why: 'no choice is called ' + name + ' with ' + value };
}

// ---- the page as a whole ----

function pressable() {
    return [...document.querySelectorAll(PRESSED)].filter((element) => !element.disabled && element.getAttribute('aria-disabled') !== 'true' &&
        visible(element) && !element.hasAttribute('download') && !/^(?!javascript:)[a-z]+:/i.test(element.getAttribute('href') || ''));
}

function figures(text) {
    return [...new Set(text.match(/\d+(?:[.,:]\d+)*/g) || [])].filter((figure) => figure.replace(/\D/g, '').length > 1).slice(0, 200);
}

// Blank: no text, no picture that differs from one colour, no control.
function blank() {
    if (readable(document.body) || document.querySelector('img, svg, video'))
        return false;
    if ([...document.querySelectorAll('input, button, select, textarea')].some(visible))
        return false;
    return ![...document.querySelectorAll('canvas')].some((canvas) => visible(canvas) && pictureOf(canvas) !== pictureOf(empty(canvas)));
}

function empty(canvas) {
    return Object.assign(document.createElement('canvas'), { width: canvas.width, height: canvas.height });
}

// No number, no date, no name: quotes, markup, a letter beyond sixteen bits, text that runs from right to left, and long.
const ABSURD = ('-0 <b>"\'&\\ \u{1F9E8} \u05D0\u05D1 ' + '9'.repeat(40)).repeat(6);

function fillable() {
    return [...document.querySelectorAll('input, textarea')].filter((field) => visible(field) && !field.disabled && !field.readOnly
        && !/^(checkbox|radio|button|submit|reset|file|range|color|hidden|image)$/.test(field.type));
}

// A page that was just loaded, or stands for one, before anything is done to it.
async function begin(names) {
    watched = names;
    await settle();
    mark();
}

const operations = {
    settled() { return { ok: true }; },
    state() {
        const words = readable(document.body);
        return { blank: blank(), figures: figures(words), text: words.slice(0, 400), controls: pressable().map(named), fields: fillable().length > 0 };
    },
    aim({ name, fields }) { return aim(name, fields ? FIELDS : CONTROLS, 'mouseup'); },
    async aimKey({ name }) {
        mark();
        if (name) {
            const element = control(name, CONTROLS) || region(name);
            if (!element)
                return { ok: false, why: 'nothing is called ' + name };
            element.focus();
        }
        owed = 0;
        before = await activity();
        expect('keyup', 1);
        return { ok: true, hands: true, offers: offers(document.activeElement) };
    },
    async aimNamed({ name }) {
        const element = pressable().find((one) => named(one) === name);
        return element ? aim(element, CONTROLS, 'mouseup') : { ok: false, gone: true };
    },
    done({ real }) { return done(real); },
    async typed() { const all = await arrival; return { ok: all !== false, why: 'the field did not take the keys' }; },
    // Not before the click has arrived that gave it the focus: coming later, it would be taken for the next one.
    async ready({ name, value, keys }) { await arrival; return ready(name, value, keys); },
    insert({ value }) { return insert(value); },
    async commit() { commit(); await settle(); return { ok: true }; },
    choose({ name, value }) { return choose(name, value); },
    async fillAll() {
        for (const field of fillable().filter((one) => !one.value))
            setValue(field, { number: '7', date: '2026-03-14', time: '09:30', email: 'a@example.org' }[field.type] || 'sample 7');
        await settle();
        return { ok: true };
    },
    async fillAbsurd() {
        for (const field of fillable())
            setValue(field, { number: '-1e308', date: '0001-01-01', time: '23:59', email: '@' }[field.type] || ABSURD);
        await settle();
        return { ok: true };
    },
    async wait({ seconds }) { await wait(seconds); return { ok: true, showed: showed() }; },
    // Several operations in a row, up to the first that fails or that real hands must go on with.
    async row({ row }) {
        const answers = [], deadline = performance.now() + ROW_MS;
        for (const [place, { operation, argument, step }] of row.entries()) {
            const answer = await attempt(operation, argument);
            answers.push(answer);
            if (!answer.ok || answer.hands || (performance.now() > deadline && row[place + 1]?.step !== step))
                break;
        }
        return { ok: true, answers };
    },
    // A glance that fails is repeated a little later: what is debounced or decoded needs a moment.
    async glance({ what, name, where, n }) {
        let seen;
        for (const ms of boot.scripts ? [0, 16, 120, 400] : [0]) {
            if (ms) {
                await ask({ kind: 'advance', ms });
                owed += ms;
                await turn();
            }
            if (what === 'see')
                seen = see(name, where);
            else if (what === 'see_not')
                seen = ((glance) => ({ ...glance, ok: !glance.missing && !glance.ok }))(see(name, where));
            else if (what === 'count')
                seen = ((found) => ({ ok: found.n === n, saw: found.n + ' of them' }))(count(name));
            else
                seen = changed(name);
            if (seen.ok)
                break;
        }
        return seen;
    },
};

async function attempt(name, argument) {
    try {
        return await operations[name](argument);
    } catch (error) {
        return { ok: false, why: 'the check itself failed: ' + error.message + ' ' + (error.stack || '').slice(0, 200) };
    }
}

// The one entry for the checker: an operation's name and its JSON argument; answers JSON. names: JSON as well, an array where the page is to be settled
// first, else null.
globalThis.impromptuProbe = async (name, argument, names) => {
    const first = JSON.parse(names);
    if (first)
        await begin(first).catch(() => {});
    return JSON.stringify(await attempt(name, JSON.parse(argument)));
};
