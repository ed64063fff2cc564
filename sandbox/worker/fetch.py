"""The module impromptu, which every tool can import: fetch() asks the broker on the other end of the one descriptor that a tool with `net` has.
runner.py adds progress() and data.

Nothing here is a boundary: a tool may write to the descriptor what it likes, and gets from it what the broker gives anybody. In a sample's world there is no broker; the
answers are those that the world holds.
"""

import json, os, struct, threading
import urllib.parse

ANSWERS = "/run/impromptu/net.json"
SAFE = "-._~:/?#[]@!$&'()*+,;=%"

_net = -1
_turn = threading.Lock()


class FetchError(OSError):
    """kind is one of bad-request, denied, unreachable, untrusted, too-large, time, too-many, closed."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def _open(net):
    global _net
    _net = net


def _send(data):
    view = memoryview(data)
    while view:
        view = view[os.write(_net, view):]


def _receive(size):
    parts = []
    while size:
        part = os.read(_net, min(size, 1 << 20))
        if not part:
            raise FetchError("closed", "The network's broker has ended.")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _plain(url):
    """Names as punycode, other characters as %XX."""
    head, separator, rest = url.partition("://")
    cut = min((rest.find(mark) for mark in "/?#" if mark in rest), default=len(rest))
    server = rest[:cut]
    if not server.isascii():
        name, colon, port = server.partition(":")
        server = name.encode("idna").decode("ascii") + colon + port
    return head + separator + server + urllib.parse.quote(rest[cut:], safe=SAFE)


def _answer(head, body):
    if "error" in head:
        raise FetchError(head["error"]["kind"], head["error"]["message"])
    headers = {}
    for name, value in head["headers"]:
        name = name.lower()
        headers[name] = headers[name] + ", " + value if name in headers else value
    return {"status": head["status"], "url": head["url"], "headers": headers, "body": body, "text": body.decode("utf-8", "replace")}


def _ask(request, body):
    head = json.dumps(request).encode("ascii")
    with _turn:
        try:
            _send(struct.pack("=II", len(head), len(body)) + head + body)
            head, body = struct.unpack("=II", _receive(8))
            return json.loads(_receive(head)), _receive(body)
        except (BrokenPipeError, ConnectionResetError):
            raise FetchError("closed", "The network's broker has ended.") from None


def _sample(url):
    with open(ANSWERS, encoding="utf-8") as file:
        answers = json.load(file)
    if url not in answers:
        raise FetchError("unreachable", f"This sample's world holds no answer of {url}.")
    body = answers[url].encode("utf-8")
    return {"status": 200, "url": url, "headers": []}, body


# ---- sound: audio/audio.h

_audio = -1
_audio_turn = threading.Lock()


class AudioError(OSError):
    """There is no sound server, or the tool may not do that."""


def _open_audio(audio):
    global _audio
    _audio = audio


def _take(size):
    parts = []
    while size:
        part = os.read(_audio, min(size, 1 << 20))
        if not part:
            raise AudioError("The sound's broker has ended.")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _sound(kind, rate, channels, count, samples):
    if _audio < 0:
        raise AudioError("The tool may not use sound: its capabilities do not name it in “audio”, or nobody has agreed.")
    if not 4000 <= rate <= 192000 or not 1 <= channels <= 8 or count > 64 << 20 or count % (2 * channels):
        raise ValueError("sound has 4000 to 192000 samples a second, 1 to 8 channels, whole samples of 16 bits, and at most 64 MB at once")
    with _audio_turn:
        try:
            view = memoryview(struct.pack("=IIII", kind, rate, channels, count) + samples)
            while view:
                view = view[os.write(_audio, view):]
            failed, size = struct.unpack("=II", _take(8))
            data = _take(size)
        except (BrokenPipeError, ConnectionResetError):
            raise AudioError("The sound's broker has ended.") from None
    if failed:
        raise AudioError(data.decode("utf-8", "replace"))
    return data


def play(samples, rate=44100, channels=1):
    """Plays samples (bytes: signed, 16 bits, little-endian, channels after each other) and returns when they have been heard."""
    samples = bytes(samples)
    _sound(1, int(rate), int(channels), len(samples), samples)


def record(seconds, rate=44100, channels=1):
    """Listens to the microphone and returns its samples, as play() takes them."""
    return _sound(2, int(rate), int(channels), int(seconds * rate) * 2 * int(channels), b"")


def fetch(url, method="GET", headers=None, body=None):
    """Fetches an https URL of a host that the tool's capabilities name. Returns {"status", "url", "headers", "body" (bytes), "text"}; a status of 404 is an answer like others.

    headers is an object, names in it in lower case in the answer; body is bytes, a text, or what is sent as JSON. Raises FetchError, whose kind says what was the matter.
    """
    if body is not None and not isinstance(body, (bytes, str)):
        headers = {"Content-Type": "application/json", **(headers or {})}
        body = json.dumps(body)
    data = body.encode("utf-8") if isinstance(body, str) else body or b""
    try:
        url = _plain(str(url))
    except UnicodeError:
        raise FetchError("denied", "The URL names no server.") from None
    if _net < 0 and os.path.exists(ANSWERS):
        return _answer(*_sample(url))
    if _net < 0:
        raise FetchError("denied", "The tool may not use the network: its capabilities name no host in “net”, or nobody has agreed.")
    return _answer(*_ask({"url": url, "method": method, "headers": [[str(n), str(v)] for n, v in (headers or {}).items()]}, data))
