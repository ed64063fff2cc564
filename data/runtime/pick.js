// What a person points at, in the private world after names.js, run anew for each question of the shell (shell/apps/pick.c). It only looks: no
// listener, no element, no attribute of its own, so that the page neither learns that it is pointed at nor can answer in its place. Where the
// pointer is, and the outline, are the shell's. All that is answered comes from the page and is data.
// asked: {x, y} in CSS pixels, or {nth}: the nth control from the top, counted around.
const NAME_MAX = 80, TEXT_MAX = 300, PLACE_MAX = 300, PLACE_LEVELS = 6, CONTROLS_MAX = 2000;
const CONTROLS = PRESSED + ', ' + FIELDS + ', summary, canvas, [role=checkbox], [role=switch], [role=radio], [role=option], [role=slider]';

const ROLES = {
    A: 'link', BUTTON: 'button', SELECT: 'list', TEXTAREA: 'field', CANVAS: 'canvas', IMG: 'image', SVG: 'image', VIDEO: 'video', AUDIO: 'sound',
    TABLE: 'table', TR: 'row', TD: 'cell', TH: 'cell', UL: 'list', OL: 'list', LI: 'list item', H1: 'heading', H2: 'heading', H3: 'heading',
    H4: 'heading', H5: 'heading', H6: 'heading', LABEL: 'label', P: 'text', SPAN: 'text', OUTPUT: 'result', PROGRESS: 'progress', METER: 'meter',
    SUMMARY: 'button', FIELDSET: 'group', FORM: 'form', NAV: 'navigation', BODY: 'page', HTML: 'page',
};
const INPUTS = { checkbox: 'checkbox', radio: 'radio button', range: 'slider', button: 'button', submit: 'button', reset: 'button', image: 'button',
                 color: 'colour field', file: 'file field' };

function roleOf(element) {
    const said = (element.getAttribute('role') || '').toLowerCase();
    if (/^[a-z]{2,20}$/.test(said) && said !== 'none' && said !== 'presentation')
        return said;
    if (element.tagName === 'INPUT')
        return INPUTS[element.type] || 'field';
    return ROLES[element.tagName.toUpperCase()] || 'part';
}

const plain = (text, length) => [...String(text || '').slice(0, 4 * length).replace(/\s+/g, ' ').trim()].slice(0, length).join('');

// What a person reads of it; never what was typed into a field, which is the person's own.
const EDITED = '[contenteditable=""], [contenteditable=true], [contenteditable=plaintext-only], [role=textbox]';
const isTyped = (element) => element.matches(FIELDS) || element.closest(EDITED) || element.querySelector(EDITED);
const textOf = (element) => plain(isTyped(element) ? '' : element.innerText || '', TEXT_MAX);

function nameOf(element) {
    if (element === document.body || element === document.documentElement)
        return plain(document.title, NAME_MAX);
    const own = isTyped(element) ? '' : element.innerText;
    return plain(namesOf(element).find((name) => name !== element.id) || own, NAME_MAX);
}

// "main > section#timer > button.start:nth-of-type(2)", from the nearest id on.
function placeOf(element) {
    const levels = [];
    for (let at = element; at && at.nodeType === Node.ELEMENT_NODE && levels.length < PLACE_LEVELS; at = at.parentElement) {
        const tag = at.tagName.toLowerCase(), parent = at.parentElement;
        const same = parent ? [...parent.children].slice(0, CONTROLS_MAX).filter((other) => other.tagName === at.tagName) : [at];
        let level = tag + (at.id ? '#' + at.id : '');
        if (at === element)
            level += [...at.classList].slice(0, 3).map((name) => '.' + name).join('');
        if (!at.id && same.length > 1)
            level += ':nth-of-type(' + (same.indexOf(at) + 1) + ')';
        levels.unshift(level);
        if (at.id || tag === 'body')
            break;
    }
    return plain(levels.join(' > '), PLACE_MAX);
}

// The innermost element there, in an open shadow tree as well; of a control with an icon in it, the control.
function elementAt(x, y) {
    let element = document.elementFromPoint(x, y);
    for (let inner = element; inner && inner.shadowRoot; element = inner) {
        inner = inner.shadowRoot.elementFromPoint(x, y);
        if (!inner || inner === element)
            break;
    }
    if (!element)
        return null;
    const svg = element.closest('svg');
    return element.closest(PRESSED + ', summary') || svg || element;
}

function nthControl(nth) {
    const shown = [...document.querySelectorAll(CONTROLS)].slice(0, CONTROLS_MAX).filter((element) => !element.disabled && visible(element));
    return shown.length ? shown[((nth % shown.length) + shown.length) % shown.length] : null;
}

function pick(asked) {
    const element = 'nth' in asked ? nthControl(asked.nth) : elementAt(asked.x, asked.y);
    if (!element)
        return null;
    if ('nth' in asked)
        element.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
    const { x, y, width, height } = element.getBoundingClientRect();
    return { box: [x, y, width, height], role: roleOf(element), name: nameOf(element), text: textOf(element), place: placeOf(element) };
}

return JSON.stringify(pick(JSON.parse(asked)));
