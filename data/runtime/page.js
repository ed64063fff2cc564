// The page's own runtime, run in its main world before anything of the page: storage, tools, and what goes wrong.
// boot: {secret, storage, limit}. `secret` names the events that lead to the private world (world.js); the page never learns it,
// and could do no more with it than with what stands here. Everything needed later is taken now, since a page may replace any of it.
'use strict';
const Custom = CustomEvent, text = String, make = Object.create, hasOwn = Object.hasOwn, define = Object.defineProperty;
const { stringify, parse } = JSON;
const apply = Reflect.apply, ownKeys = Reflect.ownKeys, slice = String.prototype.slice;
const dispatch = EventTarget.prototype.dispatchEvent, listen = EventTarget.prototype.addEventListener;
const unlisten = EventTarget.prototype.removeEventListener;
const stop = Event.prototype.stopImmediatePropagation;
const detail = Object.getOwnPropertyDescriptor(CustomEvent.prototype, 'detail').get;
const cut = (words, length) => apply(slice, text(words), [0, length]);
const soon = queueMicrotask.bind(window), later = setTimeout.bind(window);
const NativePromise = Promise, Failure = Error, Quota = DOMException, WrongType = TypeError;
const page = window, doc = document;

function tell(message) {
    apply(dispatch, page, [new Custom(boot.secret + '>', { detail: stringify(message) })]);
}

function hide(name, value) {
    define(page, name, { value, configurable: false, enumerable: true, writable: false });
}

// Tools: a call always settles, with the tool's result or with an Error that has a kind, or, given up by its signal, with the signal's
// reason.
let calls = 0;
const waiting = make(null);

function settle(message) {
    const call = waiting[message.id];
    if (!call)
        return;
    delete waiting[message.id];
    call.forget();
    if (message.error) {
        const error = new Failure(message.error.message);
        error.kind = message.error.kind;
        call.reject(error);
    } else {
        call.resolve(message.result);
    }
}

function step({ id, step }) {
    const call = waiting[id];
    if (call && 'part' in step)
        call.part(step.part);
    else if (call)
        call.progress(step.progress, step.text);
}

function nothing() {}

function giveUp(id, signal) {
    const call = waiting[id];
    if (!call)
        return;
    delete waiting[id];
    tell({ kind: 'abort', id });
    call.reject(signal.reason);
}

function callTool(name, args, { progress, part, signal } = {}) {
    return new NativePromise((resolve, reject) => {
        const id = ++calls, live = Boolean(progress || part), stop = () => giveUp(id, signal);
        if (signal && signal.aborted)
            throw signal.reason;
        if (signal)
            apply(listen, signal, ['abort', stop]);
        waiting[id] = { resolve, reject, progress: progress || nothing, part: part || nothing,
                        forget: signal ? () => apply(unlisten, signal, ['abort', stop]) : nothing };
        try {
            tell({ kind: 'call', id, live, name: text(name), args: args === undefined ? {} : args });
        } catch (error) {
            settle({ id, error: { kind: 'bad-request', message: 'The arguments of ' + text(name) + ' cannot be written as JSON.' } });
        }
    });
}

// A question to a language model: text, or a value of the schema. part(text) is called with what has come so far, piece by piece.
function askModel(words, { schema, part, signal } = {}) {
    return callTool('impromptu_ask', schema === undefined ? { text: text(words) } : { text: text(words), schema }, { part, signal });
}

// The path of a file that the person chose or dropped here: an argument of a call that names it lets the tool read that file.
const fact = (owner, name) => Object.getOwnPropertyDescriptor(owner.prototype, name).get;
const fileName = fact(File, 'name'), fileSize = fact(Blob, 'size');

function ask(message) {
    return new NativePromise((resolve, reject) => {
        const id = ++calls;
        waiting[id] = { resolve, reject, progress: nothing, part: nothing, forget: nothing };
        tell({ ...message, id });
    });
}

async function pathOf(file) {
    return ask({ kind: 'path', name: apply(fileName, file, []), size: apply(fileSize, file, []) });
}

hide('impromptu', Object.freeze({ ask: askModel, call: callTool, path: pathOf }));

// WebKit hides dropped files from a page: their drop is held back, and comes again once they are here.
const Drop = DragEvent, Carrier = DataTransfer, Given = File;

async function giveFiles(target, where) {
    const carried = new Carrier();
    for (const { url, name, type, modified } of await ask({ kind: 'dropped' })) {
        const blob = await (await nativeFetch(url)).blob();
        carried.items.add(new Given([blob], name, { type, lastModified: modified }));
    }
    if (carried.items.length)
        apply(dispatch, target, [new Drop('drop', { ...where, dataTransfer: carried, bubbles: true, cancelable: true, composed: true })]);
}

apply(listen, page, ['drop', (event) => {
    const carried = event.dataTransfer;
    if (!event.isTrusted || !carried || carried.files.length || !carried.types.includes('text/uri-list') || carried.getData('text/uri-list'))
        return;
    const { target, clientX, clientY, screenX, screenY, ctrlKey, shiftKey, altKey, metaKey } = event;
    apply(stop, event, []);
    event.preventDefault();
    giveFiles(target, { clientX, clientY, screenX, screenY, ctrlKey, shiftKey, altKey, metaKey });
}, true]);

// What a page does nothing with is not dropped on it; WebKit would else try to go there.
apply(listen, page, ['dragover', (event) => {
    if (event.defaultPrevented)
        return;
    event.preventDefault();
    if (event.dataTransfer)
        event.dataTransfer.dropEffect = 'none';
}]);

// fetch('/tool/NAME', {method: 'POST', body: arguments as JSON}) is the same call: the result as JSON, or an error's status and {"error"}.
// Where the page
// accepts application/x-ndjson the answer is a stream of lines: {"progress"}, {"part"}, and at the end {"result"} or {"error"}.
const nativeFetch = fetch.bind(window), Address = URL, Asked = Request, Answer = Response;
const Stream = ReadableStream, Encoder = TextEncoder, Control = AbortController;

function toolOf(resource) {
    try {
        const address = new Address(resource instanceof Asked ? resource.url : resource, doc.baseURI);
        const parts = address.pathname.split('/');
        const own = address.protocol === location.protocol && address.host === location.host;
        return own && parts.length === 3 && parts[1] === 'tool' ? parts[2] : null;
    } catch (error) {
        return null;
    }
}

function answerJson(value, status) {
    return new Answer(stringify(value), { status, headers: { 'Content-Type': 'application/json' } });
}

function answerError(kind, message) {
    return answerJson({ error: { kind, message } }, boot.statuses[kind] || boot.statuses.failed);
}

function answerLines(name, args, signal) {
    const encoder = new Encoder(), control = new Control();
    if (signal)
        apply(listen, signal, ['abort', () => control.abort(signal.reason)]);
    const start = (lines) => {
        const line = (value) => lines.enqueue(encoder.encode(stringify(value) + '\n'));
        const progress = (value, words) => line({ progress: value, text: words }), part = (value) => line({ part: value });
        callTool(name, args, { progress, part, signal: control.signal }).then((result) => { line({ result }); lines.close(); }, (error) => {
            if (control.signal.aborted) {
                lines.error(error);
            } else {
                line({ error: { kind: error.kind || 'failed', message: error.message } });
                lines.close();
            }
        });
    };
    return new Answer(new Stream({ start, cancel: () => control.abort() }), { headers: { 'Content-Type': 'application/x-ndjson' } });
}

async function fetchTool(name, request) {
    let args;
    if (request.method !== 'POST')
        return answerError('bad-request', 'A tool is called with POST.');
    try {
        args = parse(await request.text() || '{}');
    } catch (error) {
        return answerError('bad-request', 'The body is not JSON: it holds the arguments of the tool.');
    }
    if ((request.headers.get('Accept') || '').includes('application/x-ndjson'))
        return answerLines(name, args, request.signal);
    try {
        return answerJson(await callTool(name, args, { signal: request.signal }), 200);
    } catch (error) {
        if (request.signal && request.signal.aborted)
            throw error;
        return answerError(error.kind || 'failed', error.message);
    }
}

define(page, 'fetch', { configurable: true, enumerable: true, writable: true, value: function fetch(resource, options) {
    const name = toolOf(resource);
    return name === null ? nativeFetch(resource, options) : fetchTool(name, new Asked(resource, options));
} });

apply(listen, page, [boot.secret + '<', (event) => {
    apply(stop, event, []);
    const message = parse(apply(detail, event, []));
    if (message.kind === 'settle')
        soon(() => settle(message));
    else if (message.kind === 'step')
        soon(() => step(message));
}, true]);

// Storage: the values the agent kept for this app; writes go back in one batch a turn. IndexedDB is absent on purpose.
let unsent = null;

function saveKey(key, value) {
    if (!unsent) {
        unsent = make(null);
        soon(flush);
    }
    if (key === '')
        unsent = make(null);
    unsent[key] = value;
}

function flush() {
    if (!unsent)
        return;
    const set = unsent;
    unsent = null;
    tell({ kind: 'store', set });
}

function storageOf(values, changed) {
    const items = make(null);
    let used = 0;
    for (const key of ownKeys(values)) {
        items[key] = text(values[key]);
        used += key.length + items[key].length;
    }
    const methods = make(null);
    methods.getItem = (key) => (text(key) in items ? items[text(key)] : null);
    methods.setItem = (name, content) => {
        const key = text(name), value = text(content);
        const size = used - (key in items ? key.length + items[key].length : 0) + key.length + value.length;
        if (size > boot.limit || key.length + value.length > boot.limit / 8)
            throw new Quota('The app has no room left for this value.', 'QuotaExceededError');
        used = size;
        items[key] = value;
        changed(key, value);
    };
    methods.removeItem = (name) => {
        const key = text(name);
        if (!(key in items))
            return;
        used -= key.length + items[key].length;
        delete items[key];
        changed(key, null);
    };
    methods.clear = () => {
        for (const key of ownKeys(items))
            delete items[key];
        used = 0;
        changed('', null);
    };
    methods.key = (index) => { const key = ownKeys(items)[index >>> 0]; return key === undefined ? null : key; };
    return new Proxy(items, {
        get: (_, key) => (key === 'length' ? ownKeys(items).length : typeof key === 'symbol' ? undefined : key in methods ? methods[key] : items[key]),
        set: (_, key, value) => { methods.setItem(key, value); return true; },
        has: (_, key) => key in methods || key in items,
        deleteProperty: (_, key) => { methods.removeItem(key); return true; },
        defineProperty: (_, key, property) => { methods.setItem(key, property.value); return true; },
        getPrototypeOf: () => Storage.prototype,
    });
}

hide('localStorage', storageOf(boot.storage, saveKey));
hide('sessionStorage', storageOf({}, () => tell({ kind: 'active' })));
for (const name of ['indexedDB', 'caches', 'cookieStore', 'openDatabase'])
    hide(name, undefined);
apply(listen, page, ['pagehide', flush, true]);

// What goes wrong is told as a claim of the page: whoever reads it knows that the page could have made it up.
function found(kind, words, line) {
    try {
        tell({ kind: 'found', finding: { kind, text: cut(words, 500), line: line || undefined } });
    } catch (error) { /* an object whose own toString throws has nothing to say */ }
}

function describe(value) {
    if (value === null || typeof value !== 'object')
        return text(value);
    if (typeof value.message === 'string')
        return (value.name ? value.name + ': ' : '') + value.message;
    return stringify(value) || text(value);
}

apply(listen, page, ['error', (event) => {
    const target = event.target;
    if (target === page || !target)
        found('exception', event.message, event.lineno);
    else if (target.src || target.href)
        found('request', 'could not load ' + cut(target.src || target.href, 300));
}, true]);
apply(listen, page, ['unhandledrejection', (event) => {
    try {
        found('rejection', describe(event.reason));
    } catch (error) {
        found('rejection', 'a value that cannot be shown');
    }
}, true]);
apply(listen, doc, ['securitypolicyviolation', (event) => {
    found('csp', event.effectiveDirective + ' does not allow ' + cut(event.blockedURI || 'this', 300), event.lineNumber);
}, true]);

const consoleError = console.error;
console.error = function error(...words) {
    let all = '';
    try {
        for (let i = 0; i < words.length; i++)
            all += (i ? ' ' : '') + describe(words[i]);
        found('console', all);
    } catch (failure) {
        found('console', 'an error that cannot be shown');
    }
    apply(consoleError, console, words);
};

// Dialogs that would stop the page are not there. alert() is shown inside the page for a while; a question has to be the page's own.
const NOTE_MS = 8000;
hide('alert', function alert(words) {
    const note = doc.createElement('div');
    note.setAttribute('role', 'alert');
    note.className = 'impromptu-note';
    note.textContent = words === undefined ? '' : cut(words, 2000);
    doc.querySelectorAll('.impromptu-note').forEach((old) => old.remove());
    (doc.body || doc.documentElement).append(note);
    later(() => note.remove(), NOTE_MS);
});
for (const [name, answer] of [['confirm', false], ['prompt', null], ['print', undefined]]) {
    hide(name, () => {
        found('console', name + '() is not available here: ask inside the page instead');
        return answer;
    });
}
