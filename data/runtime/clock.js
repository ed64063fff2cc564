// The twin's clock: the page's time stands still and moves only when the check says so, so that 25 minutes pass in a few milliseconds.
// boot: {secret, epoch}. Runs in the main world before page.js. Promise jobs run between two ticks. Also counts what a page sets going
// (timers, sound), since a control that does so is not dead.
'use strict';
const RealDate = Date, Custom = CustomEvent, text = String, apply = Reflect.apply, construct = Reflect.construct, define = Object.defineProperty;
const { stringify, parse } = JSON;
const { floor, max, min } = Math;
const dispatch = EventTarget.prototype.dispatchEvent, listen = EventTarget.prototype.addEventListener;
const detail = Object.getOwnPropertyDescriptor(CustomEvent.prototype, 'detail').get;
const realNow = performance.now.bind(performance);
const page = window;
const TIMERS_MAX = 5000, FRAME_MS = 1000 / 60, FRAMES_MAX = 120, BUDGET_MS = 400, JOBS_A_TICK = 12, TICKS_A_TASK = 64;

// The next task. A timer would do, but WebKit holds nested ones back for 4 ms each.
const tasks = new MessageChannel(), post = MessagePort.prototype.postMessage, NativePromise = Promise, nothing = () => {};
let due = nothing;
tasks.port1.onmessage = () => {
    const all = due;
    due = nothing;
    all();
};
const nextTask = () => new NativePromise((resolve) => {
    const others = due;
    due = () => {
        others();
        resolve();
    };
    apply(post, tasks.port2, [0]);
});

let now = boot.epoch, ids = 0, running = false, active = 0;
const timers = [];
let frames = [];

function started() {
    if (!running)
        active++;
}

function guarded(callback, args) {
    running = true;
    try {
        if (typeof callback === 'function')
            apply(callback, page, args);
        else
            (0, eval)(text(callback));
    } catch (error) {
        reportError(error);
    }
    running = false;
}

function add(callback, delay, args, every) {
    started();
    const wait = max(1, +delay || 0);
    const timer = { id: ++ids, at: now + wait, callback, args, every: every ? wait : 0 };
    if (timers.length < TIMERS_MAX)
        timers[timers.length] = timer;
    return timer.id;
}

function remove(id) {
    for (let i = 0; i < timers.length; i++) {
        if (timers[i].id !== +id)
            continue;
        started();
        for (let j = i + 1; j < timers.length; j++)
            timers[j - 1] = timers[j];
        timers.length--;
        return;
    }
}

function earliest() {
    let first = null;
    for (let i = 0; i < timers.length; i++) {
        if (!first || timers[i].at < first.at || (timers[i].at === first.at && timers[i].id < first.id))
            first = timers[i];
    }
    return first;
}

function tick(timer) {
    now = max(now, timer.at);
    if (timer.every) {
        timer.at = now + timer.every;
    } else {
        running = true;
        remove(timer.id);
    }
    guarded(timer.callback, timer.args);
}

function frame() {
    const due = frames;
    frames = [];
    for (let i = 0; i < due.length; i++) {
        if (due[i])
            guarded(due[i].callback, [now - boot.epoch]);
    }
}

// Lets what the last tick promised happen before the next one.
async function jobs(count) {
    for (let i = 0; i < JOBS_A_TICK; i++)
        await undefined;
    if (count % TICKS_A_TASK === 0)
        await nextTask();
}

// A page with more to do than the budget allows misses ticks, as it would on a slow machine; its clock still arrives.
async function advance(ms) {
    const end = now + ms, step = max(FRAME_MS, ms / FRAMES_MAX), deadline = realNow() + BUDGET_MS;
    let nextFrame = now + step;
    for (let count = 1; realNow() < deadline; count++) {
        const timer = earliest();
        const at = min(timer ? timer.at : Infinity, frames.length ? nextFrame : Infinity);
        if (at > end)
            break;
        if (timer && timer.at <= at) {
            tick(timer);
        } else {
            now = max(now, at);
            nextFrame = now + step;
            frame();
        }
        await jobs(count);
    }
    now = end;
    frame();
    await jobs(1);
}

function VirtualDate(...args) {
    if (!new.target)
        return new RealDate(now).toString();
    return construct(RealDate, args.length ? args : [now], new.target);
}
VirtualDate.prototype = RealDate.prototype;
define(RealDate.prototype, 'constructor', { value: VirtualDate, configurable: true, writable: true });
VirtualDate.now = () => floor(now);
VirtualDate.parse = RealDate.parse;
VirtualDate.UTC = RealDate.UTC;
page.Date = VirtualDate;
Performance.prototype.now = () => now - boot.epoch;
page.setTimeout = (callback, delay, ...args) => add(callback, delay, args, false);
page.setInterval = (callback, delay, ...args) => add(callback, delay, args, true);
page.clearTimeout = page.clearInterval = remove;
page.requestAnimationFrame = (callback) => {
    started();
    frames[frames.length] = { id: ++ids, callback };
    return ids;
};
page.cancelAnimationFrame = (id) => {
    for (let i = 0; i < frames.length; i++) {
        if (frames[i] && frames[i].id === +id) {
            frames[i] = null;
            started();
        }
    }
};
page.requestIdleCallback = (callback) => add(callback, 1, [{ didTimeout: false, timeRemaining: () => 10 }], false);
page.cancelIdleCallback = remove;

// What was drawn stays readable, so that a picture can be compared at any time. It is compared small, so nobody would see smooth edges; without a
// graphics processor they are half of what a check of WebGL takes.
const getContext = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, options) {
    const more = /^(experimental-)?webgl/.test(kind) ? { ...options, preserveDrawingBuffer: true, antialias: false } : options;
    return apply(getContext, this, more === undefined ? [kind] : [kind, more]);
};

// Things a control may do that leave no trace in the document.
function counting(owner, name) {
    const original = owner && owner[name];
    if (typeof original !== 'function')
        return;
    owner[name] = function (...args) {
        active++;
        return apply(original, this, args);
    };
}
counting(page.HTMLMediaElement && HTMLMediaElement.prototype, 'play');
counting(page.AudioScheduledSourceNode && AudioScheduledSourceNode.prototype, 'start');
counting(page.Clipboard && Clipboard.prototype, 'writeText');
counting(page.SpeechSynthesis && SpeechSynthesis.prototype, 'speak');
counting(page, 'open');
counting(URL, 'createObjectURL');
counting(HTMLElement.prototype, 'click');

apply(listen, page, [boot.secret + '<', (event) => {
    const message = parse(apply(detail, event, []));
    const answer = (value) => apply(dispatch, page, [new Custom(boot.secret + '>', { detail: stringify({ kind: 'clock', ...value }) })]);
    const arrive = async () => {
        await advance(message.ms);
        answer({ id: message.id });
    };
    if (message.kind === 'advance')
        arrive();
    else if (message.kind === 'activity')
        answer({ id: message.id, active });
}, true]);
