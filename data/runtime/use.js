// Dead controls in use, in the private world of an open app: a button that was pressed SILENT_TIMES in a row while nothing on the page
// moved, nothing was typed, kept, asked or played. One such press proves nothing: a list may be sorted already.
const SILENT_MS = 1500, SILENT_TIMES = 2, SILENT_CONTROLS_MAX = 64, SILENT_NAME_MAX = 80;
const STIRS = ['input', 'change', 'scroll', 'invalid', 'copy', 'cut', 'toggle', 'transitionrun', 'animationstart', 'play', 'pause', 'submit', 'dragstart'];
// What these do is not seen from here.
const UNSEEN = 'canvas, video, audio, iframe, object, embed', UNHEARD = /AudioContext|speechSynthesis|clipboard|vibrate|requestFullscreen/;
const silent = new WeakMap(), told = new Set();
let stirs = 0;

const stirred = () => { stirs++; };
new MutationObserver(stirred).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
for (const type of STIRS)
    window.addEventListener(type, stirred, { capture: true, passive: true });

function judge(control, before) {
    const quiet = before.stirs === stirs && before.active === world.active && before.found === world.found && before.focus === document.activeElement;
    const times = quiet ? (silent.get(control) || 0) + 1 : 0;
    silent.set(control, times);
    if (times < SILENT_TIMES || told.size >= SILENT_CONTROLS_MAX)
        return;
    const name = (namesOf(control)[0] || control.tagName.toLowerCase()).replace(/\s+/g, ' ').trim().slice(0, SILENT_NAME_MAX);
    const scripts = [...document.scripts].map((script) => script.textContent).join('\n');
    if (told.has(name) || document.querySelector(UNSEEN) || UNHEARD.test(scripts))
        return;
    told.add(name);
    const finding = { kind: 'dead-control', text: `Pressing “${name}” changed nothing, ${SILENT_TIMES} times in a row.`, control: name };
    send({ kind: 'found', finding }).catch(() => {});
}

window.addEventListener('click', (event) => {
    const control = event.isTrusted && event.target instanceof Element ? event.target.closest(PRESSED) : null;
    if (!control || control.disabled || control.matches('a[href]') || world.calls > 0)
        return;
    const before = { stirs, active: world.active, found: world.found, focus: document.activeElement };
    setTimeout(judge, SILENT_MS, control, before);
}, true);
