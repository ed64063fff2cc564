// The private world: the only one that can talk to the shell. The page's scripts and prototypes do not exist here, and no frame but the
// top one gets this script. Messages are JSON strings; the shell knows by the channel which app is speaking.
// boot: {secret, max, patience}. twin (probe.js) adds to `world`.
'use strict';
const world = { calls: 0, active: 0, found: 0 };
const BUSY_MS = 1000;

function send(message) {
    const text = JSON.stringify(message);
    if (text.length > boot.max)
        return Promise.reject(new RangeError('The message is larger than ' + boot.max + ' characters.'));
    return webkit.messageHandlers.bridge.postMessage(text).then(JSON.parse);
}

function tell(message) {
    window.dispatchEvent(new CustomEvent(boot.secret + '<', { detail: JSON.stringify(message) }));
}

// The shell always answers; should it not, the page still gets its answer.
function answered(promise) {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('The call was not answered in time.')), boot.patience);
        promise.then(resolve, reject).finally(() => clearTimeout(timer));
    });
}

// Where the page wants to know how far a call is, the shell answers with steps until it has the end.
async function call({ id, name, args, live }) {
    world.calls++;
    world.active++;
    let answer, message = { kind: 'call', id, name, args, live };
    try {
        do {
            answer = await answered(send(message));
            if (message.kind === 'more' && answer.error && answer.error.kind === 'busy')
                answer = await new Promise((resolve) => setTimeout(resolve, BUSY_MS, {}));
            for (const step of answer.steps || [])
                tell({ kind: 'step', id, step });
            message = { kind: 'more', id };
        } while (!('result' in answer || answer.error));
    } catch (error) {
        const kind = error instanceof RangeError ? 'too-large' : 'failed';
        answer = { error: { kind, message: error.message || String(error) } };
    }
    world.calls--;
    tell({ kind: 'settle', id, result: answer.result, error: answer.error });
}

// A small question to the shell that is answered at once.
async function ask({ id, ...question }) {
    let answer;
    try {
        answer = await answered(send(question));
    } catch (error) {
        answer = { error: { kind: 'failed', message: error.message || String(error) } };
    }
    tell({ kind: 'settle', id, result: answer.result, error: answer.error });
}

// One batch of writes is under way at a time; what is written meanwhile joins the next. A batch stays below the bound of a message.
let unsent = {}, storing = false;

function nextBatch() {
    const batch = {};
    let size = 0;
    for (const key of Object.keys(unsent)) {
        size += JSON.stringify(key).length + JSON.stringify(unsent[key]).length + 2;
        if (size > boot.max - 1024 && Object.keys(batch).length)
            break;
        batch[key] = unsent[key];
        delete unsent[key];
        if (key === '')
            break;
    }
    return batch;
}

async function store() {
    if (storing)
        return;
    storing = true;
    while (Object.keys(unsent).length) {
        const batch = nextBatch();
        try {
            await send({ kind: 'store', set: batch });
        } catch (error) {
            if (!(error instanceof RangeError))
                unsent = { ...batch, ...unsent };
            break;
        }
    }
    storing = false;
}

const kinds = {
    call,
    path: ask,
    dropped: ask,
    abort({ id }) { send({ kind: 'abort', id }).catch(() => {}); },
    store({ set }) {
        world.active++;
        unsent = '' in set ? { '': null, ...set } : { ...unsent, ...set };
        store();
    },
    active() { world.active++; },
    found({ finding }) {
        world.found++;
        send({ kind: 'found', finding }).catch(() => {});
    },
};

window.addEventListener(boot.secret + '>', (event) => {
    event.stopImmediatePropagation();
    const message = JSON.parse(event.detail);
    if (Object.hasOwn(kinds, message.kind))
        kinds[message.kind](message);
}, true);

// Painted: body text has a place on the page and a frame has been drawn since. A page without text counts once it has loaded.
const SKIPPED = new Set(['SCRIPT', 'STYLE', 'TEMPLATE', 'NOSCRIPT', 'TITLE']);

function hasText() {
    if (!document.body)
        return false;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (!/\S/.test(node.data) || SKIPPED.has(node.parentElement.tagName))
            continue;
        if (node.parentElement.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
            return true;
    }
    return false;
}

const hasPicture = () => [...document.querySelectorAll('canvas, img, svg, video')].some((element) => element.checkVisibility());

function painted() {
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => send({ kind: 'painted' }).catch(() => {}), 0));
}

const observer = new MutationObserver(() => { if (hasText()) painted(); });
observer.observe(document, { childList: true, subtree: true, characterData: true });
window.addEventListener('load', () => { if (hasPicture()) painted(); }, { once: true });
