// How a person, and a screen reader, names what is on a page. In the private world: shared by the twin's hands and eyes (probe.js) and by
// pointing (pick.js), so that a control that was pointed at is called what a check would call it.
'use strict';
const FIELDS = 'input, textarea, select, [contenteditable=""], [contenteditable=true], [role=textbox]';
const PRESSED = 'button, a[href], [role=button], [role=tab], [role=menuitem], [role=link], input[type=button], input[type=submit], input[type=reset]';

function visible(element) {
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
        return false;
    const box = element.getBoundingClientRect();
    return box.width > 1 || box.height > 1;
}

function namesOf(element) {
    const names = [];
    const ids = element.getAttribute('aria-labelledby');
    if (ids)
        names.push(ids.split(/\s+/).map((id) => document.getElementById(id)?.innerText || '').join(' '));
    names.push(element.getAttribute('aria-label'));
    for (const label of element.labels || [])
        names.push(labelText(label, element));
    if (element.tagName === 'INPUT' && /^(button|submit|reset)$/.test(element.type))
        names.push(element.value || element.type);
    else if (!element.matches(FIELDS))
        names.push(element.innerText);
    for (const image of element.querySelectorAll('img[alt], svg title'))
        names.push(image.getAttribute('alt') || image.textContent);
    names.push(element.getAttribute('placeholder'), element.getAttribute('title'), element.getAttribute('alt'), element.id, element.getAttribute('name'));
    return names.filter((name) => name && /\S/.test(name));
}

function labelText(label, control) {
    if (!label.contains(control))
        return label.innerText;
    return [...label.childNodes].filter((node) => !node.contains(control)).map((node) => node.innerText ?? node.data ?? '').join(' ');
}
